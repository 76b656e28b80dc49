#pragma once

#include "api/call.h"

namespace snapgate::api {

// The process is up.
net::Awaitable<base::Result<void>> livez(Call& call);
// It can answer: the store reads. (A cluster that cannot be reached does not make a server
// unready, nor does a full disk.) With `?writes`: whether it also takes writes.
net::Awaitable<base::Result<void>> readyz(Call& call);
net::Awaitable<base::Result<void>> version(Call& call);
// For keys of the whole tenant: it counts what every project has.
net::Awaitable<base::Result<void>> metrics(Call& call);

}  // namespace snapgate::api

#pragma once

#include "api/call.h"
#include "api/router.h"

namespace snapgate::api::kube {

// Whether the request is for a connected cluster itself (goes_to_cluster()).
bool is_for_cluster(const Call& call, const Route& route);

// Sends the request on to the connected cluster, with the server's credentials there, and its
// answer back, whatever that is. After a write it waits until the mirror shows it.
net::Awaitable<base::Result<void>> pass_on(Call& call);

}  // namespace snapgate::api::kube

#pragma once

#include "api/call.h"
#include "rules/object_rules.h"

namespace snapgate::api::kube {

// The options of a deletion, from its body (JSON or YAML; none is fine) and its query.
net::Awaitable<base::Result<rules::DeleteOptions>> read_options(Call& call);

}  // namespace snapgate::api::kube

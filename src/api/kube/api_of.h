#pragma once

#include "api/call.h"
#include "api/kube/served.h"

namespace snapgate::api::kube {

// Whose API a call is made to, once it is admitted.
ApiOf api_of(const Call& call);

}  // namespace snapgate::api::kube

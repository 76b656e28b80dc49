#pragma once

#include <string>

#include "api/call.h"

namespace snapgate::api::kube {

// The caller as a user of Kubernetes: the name of its key.
std::string user_name(const Call& call);

}  // namespace snapgate::api::kube

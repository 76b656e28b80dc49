#pragma once

#include <string>
#include <string_view>

#include "api/kube/resource.h"
#include "base/result.h"

namespace snapgate::api::kube {

// Where a connected cluster has what a request names, in the version of the API that it serves. It
// is made of the names themselves and never of the caller's path: what that says in other words
// (%2f, ..) would reach, with this server's credentials, what the caller may not. kNotFound, as
// kube-apiserver says it, for what can be no namespace's or object's name.
base::Result<std::string> path_in_cluster(const Resource& resource, std::string_view version);

}  // namespace snapgate::api::kube

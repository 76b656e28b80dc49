#pragma once

#include <string_view>

namespace snapgate::api::kube {

// Clients read features from it: it is the Kubernetes whose behaviour is served.
inline constexpr std::string_view kGitVersion = "v1.26.0+snapgate-" SNAPGATE_VERSION;

}  // namespace snapgate::api::kube

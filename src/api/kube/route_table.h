#pragma once

#include <span>
#include <string_view>

#include "api/kube/resource.h"
#include "api/router.h"

namespace snapgate::api::kube {

// What is answered below /clusters/{uid}, of one cluster.
std::span<const Route> cluster_routes();
// What of it is answered below /clusters/-, of all clusters together.
std::span<const Route> fleet_routes();

// How metrics and log call a watch of the resource, to tell it from lists: those take no minutes.
std::string_view label_of_watch(const Resource& resource);

}  // namespace snapgate::api::kube

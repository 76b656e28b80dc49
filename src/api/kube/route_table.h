#pragma once

#include <span>

#include "api/router.h"

namespace snapgate::api::kube {

// What is answered below /clusters/{uid}, of one cluster.
std::span<const Route> cluster_routes();
// What of it is answered below /clusters/-, of all clusters together.
std::span<const Route> fleet_routes();

}  // namespace snapgate::api::kube

#pragma once

#include "cluster/registry.h"
#include "store/store.h"

namespace snapgate::app {

// From now on, has each damaged row that is read logged as an error, with the cluster's uid and
// name if it is known. A row that is read again and again is logged once a minute. `clusters` must
// live as long as the store.
void log_damage(store::Store& store, const cluster::ClusterTable& clusters);

}  // namespace snapgate::app

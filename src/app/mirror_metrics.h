#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "cluster/registry.h"
#include "mirror/mirrors.h"

namespace snapgate::app {

// Metrics of the connected clusters' mirrors, by the clusters' uids: states, ages, and counts since
// the start of the process.
std::vector<prometheus::MetricFamily> mirror_metrics(const cluster::ClusterTable::Rows& clusters,
                                                     const mirror::Mirrors& mirrors,
                                                     int64_t now_ms);

}  // namespace snapgate::app

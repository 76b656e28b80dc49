#pragma once

#include "base/metric_text.h"
#include "cluster/metric_owners.h"
#include "mirror/mirrors.h"
#include "store/store.h"

namespace snapgate::app {

// Appends what the metrics say of clusters: how many objects they have, and of the connected ones
// how their mirrors of snapshots stand, what became of the requests to them, and when credentials
// expire. Counts are since the start of the process, or since the cluster got its connection. Takes
// some microseconds for each cluster. Any thread.
void append_cluster_metrics(const cluster::MetricOwners& owners, const mirror::Mirrors& mirrors,
                            const store::Store& store, base::MetricText& text);

}  // namespace snapgate::app

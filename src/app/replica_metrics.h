#pragma once

#include "base/metric_text.h"
#include "replica/replica_store.h"

namespace snapgate::app {

// Appends what the metrics say of a replica and its way to etcd. Any thread.
void append_replica_metrics(const replica::ReplicaStore& replica, base::MetricText& text);

}  // namespace snapgate::app

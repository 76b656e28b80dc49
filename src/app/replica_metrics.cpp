#include "app/replica_metrics.h"

#include <algorithm>
#include <cstdint>

namespace snapgate::app {

using base::MetricType;

void append_replica_metrics(const replica::ReplicaStore& replica, base::MetricText& text) {
    const replica::ReplicaStatistics numbers = replica.replica_statistics();
    const int64_t behind = std::max<int64_t>(numbers.newest - numbers.applied, 0);
    text.single("snapgate_replica_revision",
                "The revision of etcd up to which the copy has everything", MetricType::kGauge,
                static_cast<double>(numbers.applied));
    text.single("snapgate_replica_behind_revisions",
                "By how many revisions the copy is behind the newest write in etcd",
                MetricType::kGauge, static_cast<double>(behind));
    text.single("snapgate_replica_current",
                "1 while etcd answers; 0: nothing is written, and reads are of the copy",
                MetricType::kGauge, numbers.current ? 1 : 0);
    text.single("snapgate_replica_leads",
                "1 while this replica does what is done once for all of them", MetricType::kGauge,
                numbers.leads ? 1 : 0);
    text.single("snapgate_replica_conflicts_total",
                "Groups of writes that ran again, because another replica had changed what they "
                "read, since the start",
                MetricType::kCounter, static_cast<double>(numbers.conflicts));
    text.single("snapgate_replica_rebuilds_total",
                "How often the copy was built again since the start", MetricType::kCounter,
                static_cast<double>(numbers.rebuilds));
    text.family("snapgate_replica_etcd_read_duration_seconds",
                "Time until etcd said which write is the newest", MetricType::kHistogram);
    text.histogram(numbers.read_times);
    text.family("snapgate_replica_etcd_write_duration_seconds",
                "Time until etcd had taken a transaction", MetricType::kHistogram);
    text.histogram(numbers.write_times);
}

}  // namespace snapgate::app

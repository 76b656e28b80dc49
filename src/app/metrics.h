#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "api/key_shares.h"
#include "app/certificates.h"
#include "app/data_directory.h"
#include "audit/trail.h"
#include "base/annotations.h"
#include "identity/issuers.h"
#include "mirror/mirrors.h"
#include "net/server/server.h"
#include "objects/garbage_collector.h"

namespace snapgate::app {

// What /metrics shows of the server and of its clusters, in Prometheus' text format; what it shows
// of snapshots is counted by api/fleet_metrics.h. Any thread may call; the constructor's arguments
// outlive it.
class Metrics {
  public:
    // `most_clusters`: with more of them, values are by project alone.
    Metrics(const DataDirectory& data, const Certificates& certificates, size_t most_clusters);

    void observe(const net::Served& served);
    // The last backup of this data directory ended at that time; 0: there was none.
    void note_backup(int64_t ended_ms) { backup_ms_.store(ended_ms, std::memory_order_relaxed); }
    // Appends the counts of now and those observed. `server` may be null while it starts,
    // `audit` where no trail is kept. With thousands of clusters it takes some tens of
    // milliseconds: not on a thread that serves others.
    void append(const net::Server* server, const mirror::Mirrors& mirrors,
                const objects::GarbageCollector& garbage, const api::KeyShares& shares,
                const audit::Trail* audit, const identity::Issuers& issuers,
                std::string& out) const;

  private:
    struct Series {
        prometheus::Counter* requests = nullptr;
        prometheus::Histogram* duration = nullptr;
    };
    Series& series(std::string_view route, unsigned status);

    const DataDirectory& data_;
    const Certificates& certificates_;
    const size_t most_clusters_;
    // The system's clock, less the monotonic one, at the start.
    const int64_t wall_from_steady_ms_;
    std::atomic<int64_t> backup_ms_ = 0;
    prometheus::Registry registry_;
    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& durations_;
    // Compares without making a text of the route that is looked for.
    struct InOrder {
        using is_transparent = void;
        template <class Left, class Right>
        bool operator()(const Left& left, const Right& right) const {
            if (left.second != right.second) return left.second < right.second;
            return std::string_view(left.first) < std::string_view(right.first);
        }
    };

    base::Mutex mutex_;
    std::map<std::pair<std::string, unsigned>, Series, InOrder> series_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::app

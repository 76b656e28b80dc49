#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <utility>

#include "app/certificates.h"
#include "app/data_directory.h"
#include "base/annotations.h"
#include "mirror/mirrors.h"
#include "net/server/server.h"
#include "objects/garbage_collector.h"

namespace snapgate::app {

// What /metrics shows, in Prometheus' text format. Any thread may call; the constructor's
// arguments outlive it.
class Metrics {
  public:
    Metrics(const DataDirectory& data, const Certificates& certificates);

    void observe(const net::Served& served);
    // The counts of now beside those observed. `server` may be null while it starts.
    std::string render(const net::Server* server, const mirror::Mirrors& mirrors,
                       const objects::GarbageCollector& garbage) const;

  private:
    struct Series {
        prometheus::Counter* requests = nullptr;
        prometheus::Histogram* duration = nullptr;
    };
    Series& series(std::string_view route, unsigned status);

    const DataDirectory& data_;
    const Certificates& certificates_;
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

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "mirror/mirrors.h"
#include "net/awaitable.h"
#include "store/store.h"

namespace snapgate::objects {

// How fresh the mirrors of a fleet's connected clusters are, together.
struct FleetFreshness {
    size_t known = 0;           // of these there is a state to answer with
    int64_t age_seconds = 0;    // since the one of them was heard of that was silent the longest
    size_t stale = 0;           // those of them that are not ready
    int64_t stale_seconds = 0;  // the age of the oldest of these
    size_t unknown = 0;         // and of these there is none yet
};

// Mirrors are looked at one by one, which takes ten times as long as a page of a list where there
// are a thousand. So what was seen stands until one of them changes its state, and for a tenth of a
// second at most, as ages grow by themselves. Any thread.
class FleetFreshnessMemo {
  public:
    static constexpr std::chrono::milliseconds kLasts{100};

    // Of the mirrors of one kind of objects; always asked for the same clusters.
    base::Result<FleetFreshness> read(const store::Store& store, const mirror::Mirrors& mirrors,
                                      std::span<const cluster::Cluster> clusters, model::Kind kind);

  private:
    struct Seen {
        FleetFreshness freshness;
        std::chrono::steady_clock::time_point until;
        uint64_t turns = 0;  // of Mirrors, when it was seen
    };

    base::Mutex mutex_;
    std::map<model::Kind, Seen> seen_ SNAPGATE_GUARDED_BY(mutex_);
};

// The same, now, of a few clusters, or where a caller wants none to be older than `max_age`
// seconds: those that are older are asked, several at once. kClusterTimeout names the first that
// cannot be confirmed; one of which nothing is known is only counted.
net::Awaitable<base::Result<FleetFreshness>> confirm_fleet(
    const store::Store& store, mirror::Mirrors& mirrors,
    std::span<const cluster::Cluster* const> clusters, model::Kind kind,
    std::optional<int64_t> max_age);

}  // namespace snapgate::objects

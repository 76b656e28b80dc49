#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "snapshots/snapshot_list.h"
#include "snapshots/watch_event.h"
#include "terminal/console.h"
#include "terminal/interruption.h"

namespace snapgate::cli {

// Where a SnapshotFollower delivers what it sees. An Error that one of them returns ends run().
struct FollowSinks {
    ItemSink listed;  // each snapshot of a list, in its order
    std::function<base::Result<void>()> list_ended;
    // An event about an object: neither a bookmark nor an error.
    std::function<base::Result<void>(WatchEvent::Type, const json::Object&)> changed;
};

struct FollowTiming {
    // A server sends a bookmark about once a minute: after so long a silence the connection is
    // dead.
    std::chrono::milliseconds idle{150'000};
    // Of the pauses between attempts, without what base/backoff.h adds at random.
    std::chrono::milliseconds first_delay{800};
    std::chrono::milliseconds longest_delay{30'000};
};

// Lists snapshots, then follows them by watches of the Kubernetes API, until it is interrupted. A
// watch that ends or is cut off is resumed from the last version seen. While the server is out of
// reach it tries again, with growing pauses. Where the server's history does not reach back far
// enough (410), it lists again and says so on stderr. Used by one thread; its arguments must
// outlive it.
class SnapshotFollower {
  public:
    SnapshotFollower(Api& api, Console& console, const Interruption& interruption,
                     SnapshotQuery query, FollowSinks sinks, FollowTiming timing = {});

    // Returns when it is interrupted; a Failure says why it cannot continue.
    Outcome<> run();

  private:
    enum class Ended { kStopped, kExpired };

    Outcome<std::optional<std::string>> list();
    Outcome<Ended> watch();
    Outcome<net::StreamedResponse> watch_once();
    base::Result<void> take(std::string_view text);
    base::Result<void> take_error(const json::Object& status);
    // Waits before the next try; false if it was interrupted meanwhile. Returns a failure that no
    // retry can mend.
    Outcome<bool> retry(Failure failure);
    void reached();

    Api& api_;
    Console& console_;
    const Interruption& interruption_;
    SnapshotQuery query_;
    FollowSinks sinks_;
    FollowTiming timing_;
    StaleNote stale_;
    std::string version_;  // the last one seen
    bool expired_ = false;
    std::optional<Failure> failed_;  // of an ERROR event
    bool any_ = false;               // an event came over the current connection
    bool listed_ = false;            // the first list was read
    bool out_of_reach_ = false;      // and stderr says so
    base::Backoff backoff_;
};

}  // namespace snapgate::cli

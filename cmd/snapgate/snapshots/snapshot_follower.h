#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "snapshots/snapshot_list.h"
#include "snapshots/watch_event.h"
#include "terminal/console.h"
#include "terminal/interruption.h"

namespace snapgate::cli {

// Takes what a SnapshotFollower sees. An Error that one returns ends the following.
struct FollowSinks {
    ItemSink listed;  // each snapshot of a list, in its order
    std::function<base::Result<void>()> list_ended;
    // An event that is about an object.
    std::function<base::Result<void>(WatchEvent::Type, const json::Object&)> changed;
};

struct FollowTiming {
    // A server sends a bookmark about once a minute: after this silence there is none.
    std::chrono::milliseconds idle{150'000};
    std::chrono::milliseconds first_delay{800};
    std::chrono::milliseconds longest_delay{30'000};
};

// Lists, and follows from there by watches of the Kubernetes side, until it is interrupted. A
// watch that ends or is cut off is resumed from the last version it told; while the server is out
// of reach it is tried again, ever more seldom; where its history does not reach back that far
// (410), the list begins anew, and stderr says so. One thread; what it is given outlives it.
class SnapshotFollower {
  public:
    SnapshotFollower(Api& api, Console& console, const Interruption& interruption,
                     SnapshotQuery query, FollowSinks sinks, FollowTiming timing = {});

    // Ends well when it is interrupted; else with why it cannot go on.
    Outcome<> run();

  private:
    enum class Ended { kStopped, kExpired };

    Outcome<std::optional<std::string>> list();
    Outcome<Ended> watch();
    Outcome<net::StreamedResponse> watch_once();
    base::Result<void> take(std::string_view text);
    base::Result<void> take_error(const json::Object& status);
    // Whether it is worth another try, after a wait; false if it was interrupted meanwhile.
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
    std::optional<Failure> failed_;  // what an event said
    bool any_ = false;               // something came over the present connection
    bool listed_ = false;            // the first list is there
    bool out_of_reach_ = false;      // stderr has been told
    std::chrono::milliseconds delay_;
};

}  // namespace snapgate::cli

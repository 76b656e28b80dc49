#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/feed.h"
#include "api/kube/watch_event.h"
#include "store/store.h"
#include "store/tailer.h"

namespace snapgate::api::kube {

using EventTailer = store::Tailer<WatchEvent>;

// What a thread's watchers at the same place are sent next.
struct WatchBatch {
    std::vector<std::shared_ptr<const EventTailer::Event>> events;
    std::vector<std::string_view> texts;  // of the events, for who watches everything
    model::Revision up_to = 0;            // nothing else happened up to here
    bool whole = false;                   // nor later, when it was read
    mutable SharedBytes bytes{0};         // of the events
};

using WatchFeed = Feed<EventTailer, const WatchBatch>;
using WatchOutlet = WatchFeed::Outlet;

// The rhythm of all watches, as kube-apiserver's.
struct WatchTimes {
    // About how often a bookmark comes and access is checked again: between this and a quarter
    // more.
    std::chrono::milliseconds tick{60'000};
    // The last bookmark comes so long before the end.
    std::chrono::milliseconds last_bookmark{2'000};
    // How long a watch waits for a version that is ahead.
    std::chrono::milliseconds version_patience{3'000};
};

// Where watchers of one cluster in one form find one another; a FeedHub (api/feed.h).
class WatchHub {
  public:
    explicit WatchHub(store::Store& store, const WatchTimes& times = {})
        : store_(store), times_(times) {}

    std::shared_ptr<WatchFeed> join(model::ClusterNumber cluster, const Form& form);
    // A key is good no longer: watches look at once whether it is theirs. Any thread.
    void keys_ended();
    // How often that has been.
    uint64_t ended_keys() const { return ended_keys_.load(std::memory_order_acquire); }
    void close() { feeds_.close(); }
    const WatchTimes& times() const { return times_; }

  private:
    store::Store& store_;
    const WatchTimes times_;
    std::atomic<uint64_t> ended_keys_{0};
    FeedHub<std::pair<model::ClusterNumber, Form>, WatchFeed> feeds_;
};

}  // namespace snapgate::api::kube

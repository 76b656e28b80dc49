#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/kube/watch_event.h"
#include "base/annotations.h"
#include "base/result.h"
#include "net/server/wake_group.h"
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
};

class WatchFeed;

// A feed's watchers on one thread: they are woken together, and those at the same place share what
// they are sent. On that thread only, kept by its watchers.
class WatchOutlet {
  public:
    WatchOutlet(std::shared_ptr<WatchFeed> feed, const net::Executor& executor);
    ~WatchOutlet();
    WatchOutlet(const WatchOutlet&) = delete;
    WatchOutlet& operator=(const WatchOutlet&) = delete;

    const std::shared_ptr<net::WakeGroup>& group() const { return group_; }
    // The changes after `after`, as the tailer's poll.
    base::Result<std::shared_ptr<const WatchBatch>> next(model::Revision after);

  private:
    struct Place {
        model::Revision after = 0;
        std::shared_ptr<const WatchBatch> batch;
    };

    std::shared_ptr<WatchFeed> feed_;
    std::shared_ptr<net::WakeGroup> group_;
    // Of the present pass of wakes: what comes later makes another pass.
    std::array<Place, 4> places_;
    size_t next_place_ = 0;
    uint64_t pass_ = 0;
};

// Everything that the watchers of one cluster in one form share. Any thread; goes with its last
// outlet.
class WatchFeed : public std::enable_shared_from_this<WatchFeed> {
  public:
    WatchFeed(store::Store& store, model::ClusterNumber cluster, const Form& form);
    ~WatchFeed();
    WatchFeed(const WatchFeed&) = delete;
    WatchFeed& operator=(const WatchFeed&) = delete;

    // The outlet of the thread that calls, which is the executor's.
    std::shared_ptr<WatchOutlet> outlet(const net::Executor& executor);
    base::Result<EventTailer::Batch> poll(model::Revision after);
    // Lets go of the store, when nobody polls any more.
    void close();

  private:
    friend class WatchOutlet;
    using Group = std::shared_ptr<net::WakeGroup>;
    struct Thread {
        std::weak_ptr<WatchOutlet> outlet;
        // Not the outlet itself: the writer thread must not be the one to end it.
        Group group;
    };

    void wake();
    void forget(const Group& group);

    base::Mutex mutex_;
    std::map<void*, Thread> threads_ SNAPGATE_GUARDED_BY(mutex_);  // by their io_context
    std::unique_ptr<EventTailer> tailer_;
};

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

// Where watchers of a form find one another: a change is encoded once for all of them, and there is
// one wake for each thread. Any thread. close() once no request runs any more, while the store is
// still there; watchers that were dropped with their server may be destroyed after it.
class WatchHub {
  public:
    explicit WatchHub(store::Store& store, const WatchTimes& times = {})
        : store_(store), times_(times) {}
    ~WatchHub() { close(); }
    WatchHub(const WatchHub&) = delete;
    WatchHub& operator=(const WatchHub&) = delete;

    std::shared_ptr<WatchFeed> join(model::ClusterNumber cluster, const Form& form);
    void close();
    const WatchTimes& times() const { return times_; }

  private:
    store::Store& store_;
    const WatchTimes times_;
    base::Mutex mutex_;
    std::map<std::pair<model::ClusterNumber, Form>, std::weak_ptr<WatchFeed>> feeds_
        SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::api::kube

#pragma once

#include <atomic>
#include <chrono>
#include <set>
#include <vector>

#include "base/annotations.h"
#include "base/background_thread.h"
#include "base/result.h"
#include "engine/environment.h"
#include "store/history_clock.h"
#include "store/holds.h"
#include "store/writer.h"

namespace snapgate::store {

// Removes rows that nobody can read any more, in small batches through the writer: once a second on
// its own thread, or when `run` is called. It remembers which clusters have old heads and looks
// only at those. The constructor's arguments outlive it. `run` may be called from any thread but
// the writer's.
//
// It also watches over the clock of history: at the start, and when that clock gets more than a
// minute ahead of the system's, it sets stored times back that are ahead.
class Compactor {
  public:
    Compactor(engine::Environment& environment, Writer& writer, const Holds& holds,
              HistoryClock& clock, base::Millis history);
    ~Compactor();
    Compactor(const Compactor&) = delete;
    Compactor& operator=(const Compactor&) = delete;

    void start();
    void stop();
    // Does all work that is due now.
    base::Result<void> run();
    // How often stored times were found more than a minute ahead.
    uint64_t times_ahead() const { return times_ahead_.load(std::memory_order_relaxed); }

  private:
    struct Outlook {
        bool due = false;    // something can be removed now
        bool later = false;  // something will be, in time
    };

    void loop();
    // After a commit that failed: finds out whether writes succeed again, since those who look at
    // Store::writable() may send none until they do.
    void try_to_write();
    CompactionLimits limits(ClusterNumber cluster) const;
    base::Result<Outlook> look_at(ClusterNumber cluster) const;
    base::Result<void> run_cluster(ClusterNumber cluster, bool& later);
    base::Result<std::vector<ClusterNumber>> clusters_in(Table table) const;
    base::Result<void> sweep();
    base::Result<void> heal_times() SNAPGATE_REQUIRES(run_mutex_);
    void note_ahead(int64_t ahead_ms) SNAPGATE_REQUIRES(run_mutex_);

    engine::Environment& environment_;
    Writer& writer_;
    const Holds& holds_;
    HistoryClock& clock_;
    const base::Millis history_;

    base::Mutex run_mutex_;  // one run at a time; taken before mutex_
    bool heal_due_ SNAPGATE_GUARDED_BY(run_mutex_) = true;
    bool told_ahead_ SNAPGATE_GUARDED_BY(run_mutex_) = false;  // since the last healing
    std::atomic<uint64_t> times_ahead_ = 0;
    base::Mutex mutex_;
    bool started_ SNAPGATE_GUARDED_BY(mutex_) = false;  // all clusters were looked at once
    std::set<ClusterNumber> with_history_ SNAPGATE_GUARDED_BY(mutex_);
    uint64_t subscription_ = 0;
    base::BackgroundThread thread_;
};

}  // namespace snapgate::store

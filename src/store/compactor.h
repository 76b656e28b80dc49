#pragma once

#include <chrono>
#include <condition_variable>
#include <set>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "engine/environment.h"
#include "store/holds.h"
#include "store/store_time.h"
#include "store/writer.h"

namespace snapgate::store {

// Removes rows that nobody can read any more, in small batches through the writer: once a second on
// its own thread, or when `run` is called. It remembers which clusters have old heads and looks
// only at those. The constructor's arguments outlive it. `run` may be called from any thread but
// the writer's.
class Compactor {
  public:
    Compactor(engine::Environment& environment, Writer& writer, const Holds& holds,
              const StoreTime& time, base::Millis history);
    ~Compactor();
    Compactor(const Compactor&) = delete;
    Compactor& operator=(const Compactor&) = delete;

    void start();
    void stop();
    // Does all work that is due now.
    base::Result<void> run();

  private:
    struct Outlook {
        bool due = false;    // something can be removed now
        bool later = false;  // something will be, in time
    };

    void loop();
    CompactionLimits limits(ClusterNumber cluster) const;
    base::Result<Outlook> look_at(ClusterNumber cluster) const;
    base::Result<void> run_cluster(ClusterNumber cluster, bool& later);
    base::Result<std::vector<ClusterNumber>> clusters_in(Table table) const;
    base::Result<void> sweep();
    bool stopping() SNAPGATE_EXCLUDES(mutex_);

    engine::Environment& environment_;
    Writer& writer_;
    const Holds& holds_;
    const StoreTime& time_;
    const base::Millis history_;

    base::Mutex run_mutex_;  // one run at a time; taken before mutex_
    base::Mutex mutex_;
    std::condition_variable_any wake_;
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool started_ SNAPGATE_GUARDED_BY(mutex_) = false;  // all clusters were looked at once
    std::set<ClusterNumber> with_history_ SNAPGATE_GUARDED_BY(mutex_);
    uint64_t subscription_ = 0;
    std::thread thread_;
};

}  // namespace snapgate::store

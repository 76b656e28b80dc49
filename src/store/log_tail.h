#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace snapgate::store {

// The most changes that are read in one view.
inline constexpr size_t kTailStep = 256;

// A change from the log, and the view that it was read from; valid during the call. `previous` is
// null for a created object, `object` for a deleted one.
struct TailChange {
    const ReadView& view;
    ClusterNumber cluster;
    const LogEntry& entry;
    const Found* object;
    const Found* previous;
};

// Passes one change of the log to `take`, with the states of its object, and returns what that
// returns. kCorrupt if the store lacks one of them.
base::Result<bool> show_change(const ReadView& view, ClusterNumber cluster, const LogEntry& entry,
                               const std::function<base::Result<bool>(const TailChange&)>& take);

// Follows the end of a cluster's log: reads the changes with the states of their objects, and tells
// when there are more. All functions may be called from any thread; the store outlives the LogTail.
class LogTail {
  public:
    // For the Tailer: where a watcher stands, what it is shown, and how far two places are apart.
    using Position = Revision;
    using Change = TailChange;
    static Position position_of(const Change& change) { return change.entry.revision; }
    static uint64_t distance(Position from, Position to) { return to - from; }

    // `wake`, if given, is called on the writer thread after each commit that moved the cluster's
    // head, until the destructor returns; it must be short.
    LogTail(Store& store, ClusterNumber cluster, std::function<void()> wake);
    ~LogTail();
    LogTail(const LogTail&) = delete;
    LogTail& operator=(const LogTail&) = delete;

    // kNotFound if the cluster is gone.
    base::Result<Revision> head() const;
    // Passes the changes after revision `after` to `take`, at most kTailStep of them. Stops when
    // `take` returns false: that change was not taken. Returns the revision up to which all changes
    // are taken. kExpired if the log no longer has these changes, kNotFound if the cluster is gone.
    base::Result<Revision> read(Revision after,
                                const std::function<base::Result<bool>(const TailChange&)>& take);

    // Whether the head may have moved since the last call that returned true.
    bool take_stale() { return stale_.exchange(false, std::memory_order_acq_rel); }
    void set_stale() { stale_.store(true, std::memory_order_release); }

  private:
    void moved(const std::vector<ClusterNumber>& clusters);

    Store& store_;
    const ClusterNumber cluster_;
    const std::function<void()> wake_;
    std::atomic<bool> stale_ = true;
    uint64_t subscription_ = 0;
};

}  // namespace snapgate::store

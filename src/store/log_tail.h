#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace snapgate::store {

// How many changes are read in one view.
inline constexpr size_t kTailStep = 256;

// A change as the log tells it, and the view that it was read from; good during the call. A created
// object has no previous state, a deleted one none but that.
struct TailChange {
    const ReadView& view;
    const LogEntry& entry;
    const Found* object;
    const Found* previous;
};

// The end of a cluster's log: reads its changes with the states of their objects, and tells when
// there are more. All functions from any thread; the store outlives it.
class LogTail {
  public:
    // `wake`, if given, is called on the writer thread after each commit that moved the cluster's
    // head, from now on until the destructor returns; it must be short.
    LogTail(Store& store, ClusterNumber cluster, std::function<void()> wake);
    ~LogTail();
    LogTail(const LogTail&) = delete;
    LogTail& operator=(const LogTail&) = delete;

    // kNotFound if the cluster is gone.
    base::Result<Revision> head() const;
    // Hands on the changes after `after`, at most kTailStep, until `take` says false: then that one
    // was not taken. Returns the revision up to which all are taken. kExpired if they are no longer
    // kept, kNotFound if the cluster is gone.
    base::Result<Revision> read(Revision after,
                                const std::function<base::Result<bool>(const TailChange&)>& take);

    // Whether something may have happened since the last call that said so.
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

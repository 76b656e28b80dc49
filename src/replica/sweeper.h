#pragma once

#include <thread>

#include "base/annotations.h"
#include "base/result.h"
#include "etcd/client.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {

// Removes from etcd, in small steps, what clusters held that were deleted, on a thread of its own
// that the leader wakes. Two replicas may do it at once: each step removes what is there, and
// nothing can come to a cluster that is gone. Any thread; the client outlives it.
class Sweeper {
  public:
    Sweeper(etcd::Client& client, const TruthKeys& keys, size_t most_operations);
    ~Sweeper();
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;

    // There may be something to remove.
    void wake();

  private:
    void loop();
    base::Result<void> sweep();
    // Removes all keys below the prefix.
    base::Result<void> remove(const std::string& prefix);
    bool stopping() const;

    etcd::Client& client_;
    const TruthKeys& keys_;
    const size_t most_operations_;
    mutable base::Mutex mutex_;
    base::Condition wake_;
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool woken_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace snapgate::replica

#pragma once

#include <thread>

#include "base/annotations.h"
#include "base/result.h"
#include "etcd/client.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {

// Removes from etcd, in small steps, what clusters held that were deleted: at the start and
// once a minute, on a thread of its own. Every replica may do it: each step removes what is
// there, and nothing can come to a cluster that is gone. Any thread; the client outlives it.
class Sweeper {
  public:
    Sweeper(etcd::Client& client, const TruthKeys& keys, size_t most_operations);
    ~Sweeper();
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;

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
    std::thread thread_;
};

}  // namespace snapgate::replica

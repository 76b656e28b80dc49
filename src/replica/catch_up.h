#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "etcd/client.h"
#include "replica/follower.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {

// Brings reads of the copy to what etcd holds: asks etcd for the revision of the newest write,
// linearizably, and waits until the copy has it. Requests that come while a question is under way
// share the next one: an answer may not tell of writes that came after its question.
//
// Any thread. What it refers to outlives it, and the client's callbacks have ended before it does.
class CatchUp {
  public:
    using Done = std::function<void(base::Result<void>)>;

    CatchUp(etcd::Client& client, Follower& follower, const TruthKeys& keys)
        : client_(client), follower_(follower), keys_(keys) {}

    void wait(Done done);
    uint64_t questions() const { return questions_.load(); }

  private:
    void ask();
    void answered(std::vector<Done> asked, const etcd::Result<etcd::Range>& head);

    etcd::Client& client_;
    Follower& follower_;
    const TruthKeys& keys_;
    std::atomic<uint64_t> questions_ = 0;
    base::Mutex mutex_;
    bool asking_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::vector<Done> next_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::replica

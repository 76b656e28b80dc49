#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/annotations.h"
#include "base/background_thread.h"
#include "base/clock.h"
#include "base/metric_text.h"
#include "base/result.h"
#include "etcd/client.h"
#include "replica/follower.h"
#include "replica/truth_keys.h"
#include "store/store.h"

namespace snapgate::replica {

// Brings reads of the copy to what etcd holds: asks etcd for the revision of the newest write,
// linearizably, and waits until the copy has it. Requests that come while a question is under way
// share the next one: an answer may not tell of writes that came after its question.
//
// Once a second it asks by itself. After a question without an answer etcd counts as out of reach:
// until one is answered nobody waits for etcd any more, and reads are those of the copy, with how
// long etcd has not been heard of; for at most `stale_reads` (0: not at all), as a replica that is
// cut off cannot know which keys were revoked.
//
// Any thread; start() and stop() are called once. What it refers to outlives it, and the client's
// callbacks have ended before it does.
class CatchUp {
  public:
    using Done = store::CaughtUp;
    using Time = std::chrono::steady_clock;

    CatchUp(etcd::Client& client, Follower& follower, const TruthKeys& keys,
            base::Millis stale_reads)
        : client_(client), follower_(follower), keys_(keys), stale_reads_(stale_reads) {}

    // `current`: a time at which the copy had all that etcd had.
    void start(Time::time_point current);
    void stop() { thread_.stop(); }

    void wait(Done done);
    // What wait() would say while etcd is out of reach; 0 while it is not.
    base::Result<base::Millis> age() const;
    // Whether the copy had, within the last second, all that etcd had.
    bool is_recent() const;
    // How far etcd's newest write is, as far as this replica has heard, in revisions.
    int64_t newest() const { return newest_.load(); }
    // Of the questions that were answered.
    base::DurationHistogram::Counts times() const { return times_.counts(); }

  private:
    void ask();
    // `known`: the newest write that the copy had when the question was asked.
    void answered(std::vector<Done> asked, Time::time_point begun, const Follower::Head& known,
                  const etcd::Result<etcd::Range>& head);
    void wait_for_copy(std::vector<Done> asked, Time::time_point begun, int64_t revision);
    void lose(const base::Error& error);
    void find();
    base::Result<base::Millis> age_of_copy(const base::Error& lost) const;

    etcd::Client& client_;
    Follower& follower_;
    const TruthKeys& keys_;
    const base::Millis stale_reads_;
    std::atomic<int64_t> newest_ = 0;
    base::DurationHistogram times_;
    // When the last question was asked that was answered, and whose answer the copy has reached.
    std::atomic<Time::time_point> current_ = Time::time_point();
    mutable base::Mutex mutex_;
    bool asking_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::vector<Done> next_ SNAPGATE_GUARDED_BY(mutex_);
    std::optional<base::Error> lost_ SNAPGATE_GUARDED_BY(mutex_);  // why etcd is out of reach
    base::BackgroundThread thread_;
};

}  // namespace snapgate::replica

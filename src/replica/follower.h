#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "base/result.h"
#include "etcd/client.h"
#include "replica/copy_changes.h"
#include "replica/truth_keys.h"
#include "store/store.h"

namespace snapgate::replica {

// Keeps the copy equal to etcd: one watch of everything below the prefix, whose changes are written
// to the copy in their order, on a thread of its own. When etcd has compacted what is missing, or
// the copy is new, it is built again (rebuild.h).
//
// Any thread may call the public functions; start() and stop() are called once. What it refers to
// outlives it.
class Follower {
  public:
    using Done = std::function<void(base::Result<void>)>;
    // Of the registry; called on the copy's writer thread when they can be read there, before
    // anybody is told that the copy has got so far.
    using RecordsChanged = std::function<void(const std::vector<store::ChangedRecord>&)>;

    // Of a mirror, when another replica, or this one, has named a state of it; called as that is.
    using StateNamed = std::function<void(model::ClusterNumber)>;

    Follower(etcd::Client& client, store::Store& copy, const TruthKeys& keys,
             store::DeriveFacts derive_facts, std::string truth);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    // Returns once the copy is complete, or has failed to become so.
    base::Result<void> start();
    // Who waits gets kUnavailable.
    void stop();
    void tell_of_records(RecordsChanged changed);
    void tell_of_names(StateNamed named);

    // The revision of etcd up to which the copy holds all changes, and the tables of the registry
    // show them.
    int64_t applied() const { return applied_.load(); }
    // The newest write that the copy has: its revision, and what it put under `head`.
    struct Head {
        int64_t revision = 0;
        std::string text;
    };
    Head head() const;
    // Etcd is not what the copy was made from, as somebody has seen: looks at it anew.
    void look_again();
    // Calls `done` once the copy has got to that revision and follows etcd: at once, or on the
    // thread that brings it there. kUnavailable after `patience`, or when it cannot get there.
    void when_applied(int64_t revision, base::Millis patience, Done done);
    // Why the copy does not follow etcd now; nullopt while it does.
    std::optional<base::Error> trouble() const;
    // Whether the copy is a state that etcd had: it is not while it is built again.
    bool whole() const { return whole_.load(); }
    uint64_t rebuilds() const { return rebuilds_.load(); }

  private:
    using Time = std::chrono::steady_clock;
    struct Waiting {
        Time::time_point deadline;
        Done done;
    };

    void loop();
    base::Result<void> follow();
    enum class Fit { kGood, kIncomplete, kOtherHistory };
    base::Result<Fit> check_truth(const CopyState& state);
    base::Result<int64_t> newest_write();
    base::Result<void> rebuild(bool forget);
    void note(const CopyState& state);
    base::Result<void> apply(etcd::Changes changes);
    void took(const Applied& applied);
    void end_waits(bool all);
    bool stopping() const;
    void set_trouble(std::optional<base::Error> trouble);

    etcd::Client& client_;
    store::Store& copy_;
    const TruthKeys& keys_;
    const store::DeriveFacts derive_facts_;
    const std::string truth_;
    std::atomic<int64_t> applied_ = 0;
    std::atomic<bool> whole_ = false;
    std::atomic<uint64_t> rebuilds_ = 0;

    mutable base::Mutex mutex_;
    base::Condition wake_;
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool following_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::optional<base::Error> trouble_ SNAPGATE_GUARDED_BY(mutex_);
    RecordsChanged records_changed_ SNAPGATE_GUARDED_BY(mutex_);
    StateNamed state_named_ SNAPGATE_GUARDED_BY(mutex_);
    Head head_ SNAPGATE_GUARDED_BY(mutex_);
    std::multimap<int64_t, Waiting> waiting_ SNAPGATE_GUARDED_BY(mutex_);
    etcd::Watch* watch_ SNAPGATE_GUARDED_BY(mutex_) = nullptr;
    std::thread thread_;
};

}  // namespace snapgate::replica

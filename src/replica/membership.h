#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/annotations.h"
#include "base/background_thread.h"
#include "base/result.h"
#include "etcd/client.h"
#include "etcd/lease.h"
#include "replica/follower.h"
#include "replica/replica_record.h"
#include "replica/truth_keys.h"

namespace snapgate::replica {

// One lease of etcd for each replica. With it stand the replica's record, by which the others know
// of it, and the key `lead` while it leads: it does what is done once for all replicas (garbage
// collection, sweeps). A replica that dies loses both within the lease's time, and another takes
// the lead within 10 s. Two may believe that they lead, for a moment: whatever a leader does has to
// be a compare with what it saw.
//
// Any thread may call the public functions; start() and stop() are called once. What it refers to
// outlives it.
class Membership {
  public:
    using Leading = std::function<void(bool taken)>;
    using Listed = std::function<void(base::Result<std::vector<Replica>>)>;

    // `id`: of this replica, which it keeps over restarts: hexadecimal digits. `proof_key`: that of
    // prove_address().
    Membership(etcd::Client& client, const Follower& follower, const TruthKeys& keys,
               std::string id, ReplicaRecord self, std::string proof_key);
    ~Membership();
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    void start();
    // Gives the lease back, so that another takes the lead at once.
    void stop();
    // Tells the others where this replica listens, and the SHA-256 of its certificate in
    // hexadecimal digits, "" without TLS. `loopback`: whether only those on this machine can reach
    // it there. May be called again with others.
    void announce(std::string address, std::string certificate, bool loopback);
    // `leading` is called on a thread of this object when the lead was taken, and then every few
    // seconds while it is held: another replica may have died in the middle of something. It is not
    // running any more, and is not called again, once this was called with another one.
    void tell_of_lead(Leading leading) SNAPGATE_EXCLUDES(calling_);
    bool leads() const;
    // Who there is, by their ids. `listed` is called on a thread of etcd's client.
    void list(Listed listed) const;

  private:
    using Time = std::chrono::steady_clock;

    void loop();
    base::Result<void> step();
    base::Result<void> hold_lease();
    base::Result<void> publish();
    base::Result<void> run_for_lead();
    void set_lead(bool leads);
    void tell();
    ReplicaRecord self_now() const;

    etcd::Client& client_;
    const Follower& follower_;
    const TruthKeys& keys_;
    const std::string id_;
    const std::string proof_key_;

    // The thread's own.
    std::optional<ReplicaRecord> published_;
    Time::time_point published_at_;
    Time::time_point told_at_;

    mutable base::Mutex mutex_;
    std::unique_ptr<etcd::Lease> lease_ SNAPGATE_GUARDED_BY(mutex_);
    ReplicaRecord self_ SNAPGATE_GUARDED_BY(mutex_);
    bool leads_ SNAPGATE_GUARDED_BY(mutex_) = false;
    base::Mutex calling_;
    Leading leading_ SNAPGATE_GUARDED_BY(calling_);
    bool taken_ SNAPGATE_GUARDED_BY(calling_) = false;  // the lead, and it was not told of that
    base::BackgroundThread thread_;
};

}  // namespace snapgate::replica

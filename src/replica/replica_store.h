#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metric_text.h"
#include "base/result.h"
#include "replica/options.h"
#include "replica/replica_record.h"
#include "store/store.h"

namespace snapgate::replica {

// What the metrics tell of a replica, since its start.
struct ReplicaStatistics {
    int64_t applied = 0;  // the revision of etcd up to which the copy has everything
    int64_t newest = 0;   // that of the newest write that it has heard of
    bool current = true;  // etcd answers; else reads are of the copy, and nothing is written
    bool leads = false;
    uint64_t conflicts = 0;  // groups of writes that ran again, as another replica was faster
    uint64_t rebuilds = 0;   // of the copy
    base::DurationHistogram::Counts read_times;   // of the questions how far etcd is
    base::DurationHistogram::Counts write_times;  // of the transactions that etcd took
};

// A store whose truth is in etcd: reads are those of a copy in a store of this machine, writes go
// to etcd. What is above it does not know the difference, but for what Store::replicates() says.
class ReplicaStore : public store::Store {
  public:
    // Opens the copy, and has it follow etcd until it is complete. kConflict for a directory with a
    // store that is no copy; kForbidden with another secret than the other replicas have;
    // kUnavailable without etcd, and in a build without its client.
    static base::Result<std::unique_ptr<ReplicaStore>> open(Options options);

    // `changed` is called on the copy's writer thread when records of the registry have changed, on
    // whichever replica, before any read relies on them.
    virtual void tell_of_records(
        std::function<void(const std::vector<store::ChangedRecord>&)> changed) = 0;
    // `named` is called there, too, when a replica has named a state of a mirror
    // (NoteType::kListed).
    virtual void tell_of_names(std::function<void(model::ClusterNumber)> named) = 0;
    // 32 bytes, the same on every replica, from the secret that all have: to sign tokens with.
    virtual std::string token_key() const = 0;
    // That of the server whose store was moved into etcd (move_in.h); "" if none was.
    virtual std::string earlier_token_key() const = 0;

    // Tells the other replicas where this one listens: HOST:PORT. `certificate`: as
    // ReplicaRecord::certificate. `loopback`: whether that is an address of this machine alone.
    virtual void announce(std::string address, std::string certificate, bool loopback) = 0;
    // As Membership::tell_of_lead().
    virtual void tell_of_lead(std::function<void(bool taken)> leading) = 0;
    // Who there is, this replica among them. `listed` is called once, on a thread that must not be
    // held up.
    virtual void list_replicas(
        std::function<void(base::Result<std::vector<Replica>>)> listed) const = 0;
    virtual ReplicaStatistics replica_statistics() const = 0;
};

}  // namespace snapgate::replica

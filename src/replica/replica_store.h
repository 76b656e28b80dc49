#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "replica/options.h"
#include "store/store.h"

namespace snapgate::replica {

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
    // 32 bytes, the same on every replica, from the secret that all have: to sign tokens with.
    virtual std::string token_key() const = 0;
};

}  // namespace snapgate::replica

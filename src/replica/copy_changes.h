#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "etcd/messages.h"
#include "replica/copy_state.h"
#include "replica/truth_keys.h"
#include "store/store.h"

namespace snapgate::replica {

// What one write of the copy takes over from etcd.
struct Applied {
    CopyState state;                            // the copy's own, afterwards
    std::vector<store::ChangedRecord> records;  // of the registry
    std::vector<model::ClusterNumber> listed;   // mirrors of which a state was named
};

// The write that takes whole revisions of etcd into the copy, which holds all changes before the
// first of them (else kConflict: an earlier write failed). `applied` may be read when it has been
// reported done. Objects of a cluster that is gone are passed over. kCorrupt for keys and values
// that this version cannot read.
store::WriteFunction take_changes(const TruthKeys& keys, store::DeriveFacts derive_facts,
                                  int64_t after, std::shared_ptr<const etcd::Changes> changes,
                                  std::shared_ptr<Applied> applied);

// Stores the object of a key as etcd has it, under the version that `revision` gives it. Within a
// write. kCorrupt.
base::Result<void> put_copy(store::WriteTxn& txn, const TruthKeys::Address& address,
                            const etcd::KeyValue& kv, int64_t offset,
                            const store::DeriveFacts& derive_facts);

// Removes a cluster that is gone from the truth, with what is kept of its mirror. Within a write.
base::Result<void> remove_cluster(store::WriteTxn& txn, model::ClusterNumber cluster);

// The number of the next cluster, as etcd has it. kCorrupt.
base::Result<model::ClusterNumber> read_next_cluster(std::string_view value);

// The error for a key that this version cannot read.
base::Error unreadable_key(std::string_view key);

}  // namespace snapgate::replica

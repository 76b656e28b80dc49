#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::replica {

// What the store of a replica is a copy of, and how far: a record of the store, which is changed in
// the transactions of the changes that it tells of.
struct CopyState {
    std::string truth;    // its id
    int64_t applied = 0;  // the revision of etcd up to which the copy holds all changes
    model::ClusterNumber next_cluster = 1;  // as etcd says
    // What is added to etcd's revisions in resource versions, and etcd's revision of that number.
    int64_t offset = 0;
    int64_t offset_revision = 0;
    // The newest write that the copy has: its revision of etcd, and what it put under `head`.
    int64_t head_revision = 0;
    std::string head = "-";
    bool complete = false;  // false: it is being built, and holds parts of several states
};

inline constexpr std::string_view kCopyRecord = "state";

// nullopt: the store is no copy. Source is a ReadView or a WriteTxn. kCorrupt.
base::Result<std::optional<CopyState>> parse_copy_state(const std::optional<std::string>& record);
template <class Source>
base::Result<std::optional<CopyState>> read_copy_state(Source&& source) {
    auto record = source.record(store::RecordType::kCopy, kCopyRecord);
    if (!record) return std::move(record).error();
    return parse_copy_state(*record);
}
base::Result<void> write_copy_state(store::WriteTxn& txn, const CopyState& state);

}  // namespace snapgate::replica

#include "objects/collector_batch.h"

#include <algorithm>
#include <utility>

namespace snapgate::objects {

using base::Result;
using model::Kind;

void CollectorBatch::add(std::shared_ptr<const ObjectWrite> write, const std::vector<Owner>& gone) {
    for (const Owner& owner : gone) {
        Reference reference{write->key.ns, owner.name, owner.uid};
        // As a rule all of a batch have the same owner.
        if (std::ranges::find(gone_, reference) == gone_.end())
            gone_.push_back(std::move(reference));
    }
    writes_.push_back(std::move(write));
}

void CollectorBatch::add_stale(std::string_view ns, std::string_view uid,
                               std::string_view dependent) {
    stale_.push_back({std::string(ns), std::string(dependent), std::string(uid)});
}

bool CollectorBatch::makes_an_owner_wait(const Ownership& dependent) const {
    return std::ranges::any_of(waiting_,
                               [&](const std::string& uid) { return dependent.refers_to(uid); });
}

Result<bool> CollectorBatch::holds(store::WriteTxn& txn) const {
    if (required_) {
        SNAPGATE_ASSIGN(const bool current, is_current(txn, cluster_, *required_));
        if (!current) return false;
    }
    for (const Reference& owner : gone_) {
        SNAPGATE_ASSIGN(const auto found, txn.get(cluster_, Kind::kSnapshot, owner.ns, owner.name));
        if (!found) continue;
        SNAPGATE_ASSIGN(const Ownership is, read_ownership(found->object));
        if (is.uid == owner.uid) return false;
    }
    return true;
}

Result<void> CollectorBatch::run(store::WriteTxn& txn) {
    outcome_ = {};  // a group that was rolled back runs again
    SNAPGATE_ASSIGN(const bool there, txn.has_cluster(cluster_));
    if (!there) return base::Error(base::Code::kNotFound, "the cluster was deleted meanwhile");
    SNAPGATE_ASSIGN(const bool as_read, holds(txn));
    outcome_.changed = !as_read;
    if (!as_read) return {};
    for (const auto& write : writes_) {
        auto outcome = std::make_shared<WriteOutcome>();
        SNAPGATE_TRY(write_function(write, outcome, audit_)(txn));
        if (outcome->end != WriteOutcome::End::kDone) {
            outcome_.changed = true;
        } else if (!write->object) {
            ++outcome_.removed;
        } else {
            ++outcome_.updated;
        }
    }
    for (const Reference& one : stale_)
        SNAPGATE_TRY(erase_stale_note(txn, cluster_, one.ns, one.uid, one.name));
    return {};
}

Result<CollectorBatch::Outcome> CollectorBatch::commit(
    store::Store& store, const std::shared_ptr<CollectorBatch>& batch) {
    SNAPGATE_TRY(store.write_and_wait(store::Priority::kBatch,
                                      [batch](store::WriteTxn& txn) { return batch->run(txn); }));
    return batch->outcome_;
}

}  // namespace snapgate::objects

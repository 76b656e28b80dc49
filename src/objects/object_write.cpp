#include "objects/object_write.h"

#include <utility>

#include "base/clock.h"
#include "base/crypto.h"
#include "json/object.h"

namespace snapgate::objects {
namespace {

using base::Code;
using base::Error;
using base::Result;
using End = WriteOutcome::End;
using model::Kind;

Result<End> check_namespace(store::WriteTxn& txn, const ObjectWrite& write) {
    SNAPGATE_ASSIGN(auto ns, txn.get(write.cluster, Kind::kNamespace, "", write.key.ns));
    if (ns) return is_going(ns->object) ? End::kNamespaceGoing : End::kDone;
    if (!write.make_namespace) return End::kNoNamespace;
    model::PreparedObject made = json::make_namespace(
        write.key.ns, {.uid = base::random_uuid(),
                       .creation_timestamp = base::format_rfc3339(write.now_ms),
                       .generation = 1});
    SNAPGATE_TRY(txn.put(write.cluster, Kind::kNamespace, made));
    return End::kDone;
}

Result<End> check(store::WriteTxn& txn, const ObjectWrite& write) {
    SNAPGATE_ASSIGN(auto found, txn.get(write.cluster, write.kind, write.key.ns, write.key.name));
    if (write.read_at)
        return found && found->revision == *write.read_at ? End::kDone : End::kChanged;
    if (found) return End::kExists;
    return write.kind == Kind::kSnapshot ? check_namespace(txn, write) : End::kDone;
}

Result<void> run(store::WriteTxn& txn, const ObjectWrite& write, WriteOutcome& outcome) {
    outcome = {};  // a group that was rolled back runs again
    SNAPGATE_ASSIGN(bool there, txn.has_cluster(write.cluster));
    if (!there) return Error(Code::kNotFound, "the cluster was deleted meanwhile");
    SNAPGATE_ASSIGN(outcome.end, check(txn, write));
    if (outcome.end != End::kDone) return {};
    if (write.object) {
        SNAPGATE_ASSIGN(outcome.revision, txn.put(write.cluster, write.kind, *write.object));
        return {};
    }
    SNAPGATE_TRY(txn.erase(write.cluster, write.kind, write.key.ns, write.key.name));
    return {};
}

}  // namespace

store::WriteFunction write_function(std::shared_ptr<const ObjectWrite> write,
                                    std::shared_ptr<WriteOutcome> outcome) {
    return [write = std::move(write), outcome = std::move(outcome)](store::WriteTxn& txn) {
        return run(txn, *write, *outcome);
    };
}

bool is_going(const model::StoredObject& ns) {
    // Keys are sorted, so a Namespace ends with its status, and the status contains only the phase.
    return ns.text.ends_with(R"("status":{"phase":"Terminating"}})");
}

}  // namespace snapgate::objects

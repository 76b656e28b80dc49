#include "objects/object_write.h"

#include <utility>

#include "base/clock.h"
#include "cluster/registry.h"
#include "json/object.h"
#include "model/api_names.h"
#include "objects/owner_notes.h"

namespace snapgate::objects {
namespace {

using base::Code;
using base::Error;
using base::Result;
using End = WriteOutcome::End;
using model::Kind;

Result<void> check_quota(store::WriteTxn& txn, const ObjectWrite& write,
                         const model::StoredObject* before) {
    if (!write.quota || !write.object) return {};
    cluster::ObjectGrowth growth;
    growth.put(cluster::stored_size(*write.object, before), before);
    if (!write.quota->bounds(growth)) return {};
    SNAPGATE_ASSIGN(const cluster::ObjectSum used, write.quota->used(txn));
    return write.quota->check(used, growth);
}

Result<End> check(store::WriteTxn& txn, const ObjectWrite& write,
                  const std::optional<store::Found>& found) {
    if (write.read_at) {
        if (!found || found->revision != *write.read_at) return End::kChanged;
        SNAPGATE_TRY(check_quota(txn, write, &found->object));
        return End::kDone;
    }
    if (found) return End::kExists;
    if (write.kind != Kind::kSnapshot) return End::kDone;
    SNAPGATE_TRY(check_quota(txn, write, nullptr));
    return settle_namespace(txn, write.cluster, write.key.ns, write.make_namespace, write.now_ms);
}

std::string audit_line(const audit::Action& action, const ObjectWrite& write,
                       const store::Found* before) {
    audit::Object object{.kind = std::string(model::kind_name(write.kind)),
                         .ns = write.key.ns,
                         .name = write.key.name};
    if (write.object) {
        object.id = write.object->uid;
        object.vm = write.object->vm;
    } else if (before != nullptr) {
        object.vm = before->object.vm;
    }
    audit::Change change = audit::Change::kRemoved;
    if (write.object)
        change = before != nullptr ? audit::Change::kUpdated : audit::Change::kCreated;
    return audit::line_of(action, object, {.change = change}, base::system_clock().now_ms());
}

Result<void> run(store::WriteTxn& txn, const ObjectWrite& write,
                 const std::shared_ptr<WriteOutcome>& shared, const audit::Action* action) {
    WriteOutcome& outcome = *shared;
    outcome = {};  // a group that was rolled back runs again
    SNAPGATE_ASSIGN(bool there, txn.has_cluster(write.cluster));
    if (!there) return Error(Code::kNotFound, "the cluster was deleted meanwhile");
    SNAPGATE_ASSIGN(const auto before,
                    txn.get(write.cluster, write.kind, write.key.ns, write.key.name));
    SNAPGATE_ASSIGN(outcome.end, check(txn, write, before));
    if (outcome.end != End::kDone) return {};
    if (write.object) {
        SNAPGATE_ASSIGN(outcome.revision, txn.put(write.cluster, write.kind, *write.object));
        txn.settle_revision({shared, &outcome.revision});
    } else {
        SNAPGATE_TRY(txn.erase(write.cluster, write.kind, write.key.ns, write.key.name));
    }
    if (action != nullptr)
        SNAPGATE_TRY(txn.add_audit_line(audit_line(*action, write, before ? &*before : nullptr)));
    if (write.kind != Kind::kSnapshot) return {};
    return note_change(txn, write.cluster, before ? &*before : nullptr,
                       write.object ? &*write.object : nullptr, Origin::kRequest);
}

}  // namespace

store::WriteFunction write_function(std::shared_ptr<const ObjectWrite> write,
                                    std::shared_ptr<WriteOutcome> outcome,
                                    std::shared_ptr<const audit::Action> audit) {
    return [write = std::move(write), outcome = std::move(outcome), audit = std::move(audit)](
               store::WriteTxn& txn) { return run(txn, *write, outcome, audit.get()); };
}

Result<void> note_removal(store::WriteTxn& txn, const audit::Action* action, Kind kind,
                          const model::ObjectKey& key) {
    if (action == nullptr) return {};
    const audit::Object object{
        .kind = std::string(model::kind_name(kind)), .ns = key.ns, .name = key.name};
    return txn.add_audit_line(audit::line_of(*action, object, {.change = audit::Change::kRemoved},
                                             base::system_clock().now_ms()));
}

Result<std::shared_ptr<const ObjectWrite>> change_of(model::ClusterNumber cluster,
                                                     const store::Found& found,
                                                     const rules::Change& change) {
    using Effect = rules::Change::Effect;
    if (change.effect == Effect::kNone) return std::shared_ptr<const ObjectWrite>();
    auto write = std::make_shared<ObjectWrite>();
    write->cluster = cluster;
    write->key = {std::string(found.ns), std::string(found.name)};
    write->read_at = found.revision;
    if (change.effect == Effect::kStore) {
        SNAPGATE_ASSIGN(json::Prepared prepared,
                        json::prepare_marked_snapshot(json::serialize(change.object)));
        write->object = std::move(prepared.object);
    }
    return std::shared_ptr<const ObjectWrite>(std::move(write));
}

Result<End> settle_namespace(store::WriteTxn& txn, model::ClusterNumber cluster,
                             std::string_view ns, bool make, int64_t now_ms) {
    SNAPGATE_ASSIGN(auto found, txn.get(cluster, Kind::kNamespace, "", ns));
    if (found) return is_going(found->object) ? End::kNamespaceGoing : End::kDone;
    if (!make) return End::kNoNamespace;
    SNAPGATE_TRY(cluster::put_namespace(txn, cluster, ns, now_ms));
    return End::kDone;
}

bool is_going(const model::StoredObject& ns) {
    // Keys are sorted, so a Namespace ends with its status, and the status contains only the phase.
    return ns.text.ends_with(R"("status":{"phase":"Terminating"}})");
}

}  // namespace snapgate::objects

#include "objects/object_write.h"

#include <utility>

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

// `ns`: the namespace that is made for the object; null: none is.
Result<void> check_quota(store::WriteTxn& txn, const ObjectWrite& write,
                         const model::StoredObject* before,
                         const model::PreparedObject* ns = nullptr) {
    if (!write.quota || !write.object) return {};
    cluster::ObjectGrowth growth;
    growth.put(cluster::stored_size(*write.object, before), before);
    if (ns != nullptr) growth.put(cluster::stored_size(*ns, nullptr), nullptr);
    return write.quota->check_growth(txn, growth);
}

// Whether the write may be done. Makes the namespace that it needs.
Result<End> settle(store::WriteTxn& txn, const ObjectWrite& write,
                   const std::optional<store::Found>& found, const audit::Action* action) {
    if (write.read_at) {
        if (!found || found->revision != *write.read_at) return End::kChanged;
        SNAPGATE_TRY(check_quota(txn, write, &found->object));
        return End::kDone;
    }
    if (found) return End::kExists;
    End end = End::kDone;
    if (write.kind == Kind::kSnapshot) {
        SNAPGATE_ASSIGN(end, look_at_namespace(txn, write.cluster, write.key.ns));
    }
    if (end == End::kNoNamespace && write.make_namespace) {
        const model::PreparedObject ns = cluster::new_namespace(write.key.ns, write.now_ms);
        SNAPGATE_TRY(check_quota(txn, write, nullptr, &ns));
        SNAPGATE_TRY(make_namespace(txn, write.cluster, ns, action));
        return End::kDone;
    }
    if (end == End::kDone) SNAPGATE_TRY(check_quota(txn, write, nullptr));
    return end;
}

std::string audit_line(const audit::Action& action, const ObjectWrite& write,
                       const store::Found* before, int64_t now_ms) {
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
    return audit::line_of(action, object, {.change = change}, now_ms);
}

Result<void> run(store::WriteTxn& txn, const ObjectWrite& write,
                 const std::shared_ptr<WriteOutcome>& shared, const audit::Action* action) {
    WriteOutcome& outcome = *shared;
    outcome = {};  // a group that was rolled back runs again
    SNAPGATE_ASSIGN(bool there, txn.has_cluster(write.cluster));
    if (!there) return Error(Code::kNotFound, "the cluster was deleted meanwhile");
    SNAPGATE_ASSIGN(const auto before,
                    txn.get(write.cluster, write.kind, write.key.ns, write.key.name));
    SNAPGATE_ASSIGN(outcome.end, settle(txn, write, before, action));
    if (outcome.end != End::kDone) return {};
    if (write.object) {
        SNAPGATE_ASSIGN(outcome.revision, txn.put(write.cluster, write.kind, *write.object));
        txn.settle_revision({shared, &outcome.revision});
    } else {
        SNAPGATE_TRY(txn.erase(write.cluster, write.kind, write.key.ns, write.key.name));
    }
    if (action != nullptr)
        SNAPGATE_TRY(txn.add_audit_line(
            audit_line(*action, write, before ? &*before : nullptr, txn.now_ms())));
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
    return txn.add_audit_line(
        audit::line_of(*action, object, {.change = audit::Change::kRemoved}, txn.now_ms()));
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

Result<End> look_at_namespace(store::WriteTxn& txn, model::ClusterNumber cluster,
                              std::string_view ns) {
    SNAPGATE_ASSIGN(auto found, txn.get(cluster, Kind::kNamespace, "", ns));
    if (!found) return End::kNoNamespace;
    return is_going(found->object) ? End::kNamespaceGoing : End::kDone;
}

Result<void> make_namespace(store::WriteTxn& txn, model::ClusterNumber cluster,
                            const model::PreparedObject& ns, const audit::Action* action) {
    SNAPGATE_TRY(txn.put(cluster, Kind::kNamespace, ns));
    if (action == nullptr) return {};
    const audit::Object object{
        .kind = std::string(model::kind_name(Kind::kNamespace)), .name = ns.name, .id = ns.uid};
    return txn.add_audit_line(
        audit::line_of(*action, object, {.change = audit::Change::kCreated}, txn.now_ms()));
}

bool is_going(const model::StoredObject& ns) {
    // Keys are sorted, so a Namespace ends with its status, and the status contains only the phase.
    return ns.text.ends_with(R"("status":{"phase":"Terminating"}})");
}

}  // namespace snapgate::objects

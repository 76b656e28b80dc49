#include "objects/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/error_text.h"
#include "json/object.h"
#include "objects/object_write.h"
#include "objects/owner_notes.h"
#include "store/walk.h"

namespace snapgate::objects {

using base::Code;
using base::Error;
using base::Result;
using model::Kind;

struct Import::Batch {
    cluster::Cluster cluster;
    model::Kind pruned = Kind::kSnapshot;
    OnConflict on_conflict = OnConflict::kReplace;
    bool dry_run = false;
    int64_t now_ms = 0;
    std::vector<Item> items;
    std::vector<model::ObjectKey> prune;
    model::Revision prune_up_to = 0;
    std::shared_ptr<const cluster::ObjectQuota> quota;
    std::shared_ptr<const audit::Action> audit;
    bool first = false;            // of the import
    ImportReport outcome;          // of this batch alone
    cluster::ObjectGrowth growth;  // by this batch
    // In a dry run, what the batches before would have done, and the namespaces that this one
    // would have made. The import changes its own only while no batch is on its way.
    const cluster::ObjectGrowth* grown_before = nullptr;
    const std::set<std::string>* namespaces_before = nullptr;
    std::set<std::string> namespaces;

    Result<void> run(store::WriteTxn& txn);

  private:
    Result<void> store_item(store::WriteTxn& txn, const Item& item);
    Result<void> create(store::WriteTxn& txn, const Item& item);
    using Existing = std::optional<store::Found>;
    Result<void> replace(store::WriteTxn& txn, const Item& item, const Existing& existing,
                         const model::PreparedObject& object);
    Result<void> put(store::WriteTxn& txn, Kind kind, const Existing& existing,
                     const model::PreparedObject& object);
    // What the item leaves open, as it is in the object that exists: so that importing a dump twice
    // changes nothing. False where it leaves nothing open.
    static Result<bool> complete(const Item& item, const model::StoredObject& existing,
                                 json::Prepared& out);
    // False if it is being deleted: nothing new goes into it.
    Result<bool> ensure_namespace(store::WriteTxn& txn, const std::string& ns);
};

Result<OnConflict> parse_on_conflict(std::string_view text) {
    if (text.empty() || text == "replace") return OnConflict::kReplace;
    if (text == "skip") return OnConflict::kSkip;
    if (text == "fail") return OnConflict::kFail;
    return Error(
        Code::kInvalidParameter,
        fmt::format("onConflict \"{}\" is none of replace, skip and fail", text.substr(0, 64)),
        "onConflict");
}

namespace {

std::string full_name(std::string_view ns, std::string_view name) {
    return fmt::format("{}/{}", ns, name);
}

}  // namespace

Import::Import(cluster::Cluster cluster, ImportOptions options, const store::Store& store)
    : cluster_(std::move(cluster)), options_(std::move(options)), store_(store) {
    if (!options_.prune) return;
    // What others write from now on is newer than the dump, and stays. Revisions are those of the
    // whole store, so one of them tells for all kinds.
    const store::ReadView view = store_.read();
    for (const model::ClusterNumber number : cluster_.numbers()) {
        auto head = view.head(number);
        if (!head) {
            begin_error_ = head.error();
        } else if (*head) {
            begun_at_ = std::max(begun_at_, (*head)->revision);
        }
    }
    if (options_.prune_as_of) begun_at_ = std::min(begun_at_, *options_.prune_as_of);
}

Import::~Import() = default;

void Import::refuse(size_t index, std::string name, std::string message) {
    ++report_.counts.refused;
    if (report_.refused.size() < kMaxRefused)
        report_.refused.push_back({index, std::move(name), std::move(message)});
}

Import::Earlier Import::note_earlier(const rules::Dumped& item, std::string_view content) {
    if (!options_.dry_run) return Earlier::kNone;
    const uint64_t digest_of_content = base::read_u64(base::sha256(content), 0);
    const model::PreparedObject& object = item.prepared.object;
    auto [place, first] = would_be_[item.kind].try_emplace(digests_.hash(object.ns, object.name)[0],
                                                           digest_of_content);
    if (first) return Earlier::kNone;
    if (place->second == digest_of_content) return Earlier::kSame;
    // Where nothing is replaced, the first one stays.
    if (options_.on_conflict == OnConflict::kReplace) place->second = digest_of_content;
    return Earlier::kOther;
}

void Import::add(std::string_view item) {
    size_t index = items_++;
    json::Identity fresh{.uid = base::random_uuid(),
                         .creation_timestamp = base::format_rfc3339(store_.now_ms()),
                         .generation = 1};
    auto dumped = rules::prepare_dumped(item, fresh);
    if (!dumped) {
        refused_any_ = true;
        refuse(index, json::best_effort_name(item), base::text_with_causes(dumped.error()));
        return;
    }
    json::Prepared& prepared = dumped->prepared;
    if (options_.prune) seen(dumped->kind).add(prepared.object.ns, prepared.object.name);
    bool filled =
        prepared.filled_uid || prepared.filled_creation_timestamp || prepared.filled_generation;
    const Earlier earlier = note_earlier(*dumped, filled ? item : prepared.object.text);
    pending_bytes_ += prepared.object.text.size();
    pending_.push_back({index, dumped->kind, std::move(prepared),
                        filled ? std::string(item) : std::string(), earlier});
}

void Import::add_too_large(std::string_view beginning) {
    refused_any_ = true;
    refuse(items_++, json::best_effort_name(beginning), rules::too_large_in_dump(beginning));
}

bool Import::batch_full() const {
    return pending_.size() >= store_.batch_objects() || pending_bytes_ >= store::kBatchBytes;
}

std::shared_ptr<Import::Batch> Import::new_batch() {
    auto batch = std::make_shared<Batch>();
    batch->cluster = cluster_;
    batch->dry_run = options_.dry_run;
    if (!options_.dry_run) batch->audit = options_.audit;
    batch->now_ms = store_.now_ms();
    batch->first = !std::exchange(any_batch_, true);
    return batch;
}

std::shared_ptr<Import::Batch> Import::take_batch() {
    auto batch = new_batch();
    batch->on_conflict = options_.on_conflict;
    if (options_.find_quota) batch->quota = options_.find_quota();
    batch->grown_before = &would_grow_;
    batch->namespaces_before = &would_be_namespaces_;
    // At most one batch's worth: what one piece of the stream brought may be more.
    size_t count = 0;
    size_t bytes = 0;
    while (count < pending_.size() && count < store_.batch_objects()) {
        size_t size = pending_[count].prepared.object.text.size();
        if (count > 0 && bytes + size > store::kBatchBytes) break;
        bytes += size;
        ++count;
    }
    auto end = pending_.begin() + static_cast<ptrdiff_t>(count);
    batch->items.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(end));
    pending_.erase(pending_.begin(), end);
    pending_bytes_ -= bytes;
    return batch;
}

store::WriteFunction Import::function(const std::shared_ptr<Batch>& batch) {
    return [batch](store::WriteTxn& txn) { return batch->run(txn); };
}

void Import::absorb(Batch& batch) {
    if (options_.dry_run && batch.quota) {
        would_grow_ += batch.growth;
        would_be_namespaces_.merge(batch.namespaces);
    }
    if (batch.audit && batch.first) options_.audit->began = true;
    report_.counts += batch.outcome.counts;
    for (const Refused& refused : batch.outcome.refused)
        refuse(refused.index, refused.name, refused.message);
}

Result<bool> Import::Batch::ensure_namespace(store::WriteTxn& txn, const std::string& ns) {
    SNAPGATE_ASSIGN(const WriteOutcome::End end, look_at_namespace(txn, cluster.number, ns));
    if (end != WriteOutcome::End::kNoNamespace) return end == WriteOutcome::End::kDone;
    if (dry_run && (namespaces_before->contains(ns) || !namespaces.insert(ns).second)) return true;
    const model::PreparedObject made = cluster::new_namespace(ns, now_ms);
    growth.put(cluster::stored_size(made, nullptr), nullptr);
    if (!dry_run) SNAPGATE_TRY(make_namespace(txn, cluster.number, made, audit.get()));
    return true;
}

Result<void> Import::Batch::put(store::WriteTxn& txn, Kind kind, const Existing& existing,
                                const model::PreparedObject& object) {
    const model::StoredObject* before = existing ? &existing->object : nullptr;
    growth.put(cluster::stored_size(object, before), before);
    if (dry_run) return {};
    SNAPGATE_TRY(txn.put(cluster.number_of(kind), kind, object));
    if (kind != Kind::kSnapshot) return {};
    return note_change(txn, cluster.number, existing ? &*existing : nullptr, &object,
                       Origin::kImport);
}

Result<void> Import::Batch::create(store::WriteTxn& txn, const Item& item) {
    const model::PreparedObject& object = item.prepared.object;
    SNAPGATE_ASSIGN(bool open, ensure_namespace(txn, object.ns));
    if (!open) {
        outcome.refused.push_back({item.index, full_name(object.ns, object.name),
                                   "its namespace is being deleted: import it again once that "
                                   "is gone"});
        return {};
    }
    SNAPGATE_TRY(put(txn, item.kind, {}, object));
    ++outcome.counts.created;
    return {};
}

Result<bool> Import::Batch::complete(const Item& item, const model::StoredObject& existing,
                                     json::Prepared& out) {
    if (item.kind != Kind::kSnapshot) return false;
    const bool lacks_managers = item.prepared.lacks_managed_fields;
    if (item.source.empty() && (!lacks_managers || !json::has_managed_fields(existing)))
        return false;
    SNAPGATE_ASSIGN(json::Identity kept, json::read_identity(existing));
    if (!item.source.empty()) {
        SNAPGATE_ASSIGN(out, json::prepare_snapshot(item.source, kept));
        return true;
    }
    // What came is not kept where nothing had to be filled in; its stored form says the same.
    const std::string value = model::encode_object(item.prepared.object, "");
    SNAPGATE_ASSIGN(const auto stored, model::decode_object(value));
    std::string source;
    SNAPGATE_TRY(json::append_kubernetes_form(stored, source));
    SNAPGATE_ASSIGN(out, json::prepare_snapshot(source, kept));
    return true;
}

// Puts an object in the place of one that differs, if that is asked for.
Result<void> Import::Batch::replace(store::WriteTxn& txn, const Item& item,
                                    const Existing& existing, const model::PreparedObject& object) {
    switch (on_conflict) {
        case OnConflict::kReplace:
            SNAPGATE_TRY(put(txn, item.kind, existing, object));
            ++outcome.counts.replaced;
            break;
        case OnConflict::kSkip:
            ++outcome.counts.skipped;
            break;
        case OnConflict::kFail:
            outcome.refused.push_back({item.index, full_name(object.ns, object.name),
                                       "it exists and differs: import with "
                                       "onConflict=replace or onConflict=skip"});
            break;
    }
    return {};
}

Result<void> Import::Batch::store_item(store::WriteTxn& txn, const Item& item) {
    const model::PreparedObject* object = &item.prepared.object;
    SNAPGATE_ASSIGN(auto existing,
                    txn.get(cluster.number_of(item.kind), item.kind, object->ns, object->name));
    // In a dry run the store does not have what an earlier item would have put there.
    if (item.earlier != Earlier::kNone && (!existing || on_conflict == OnConflict::kReplace)) {
        // Its room was counted with the earlier item.
        const cluster::ObjectGrowth counted = growth;
        if (item.earlier == Earlier::kOther)
            SNAPGATE_TRY(replace(txn, item, existing, *object));
        else
            ++outcome.counts.unchanged;
        growth = counted;
        return {};
    }
    if (!existing) return create(txn, item);
    json::Prepared again;
    auto completed = complete(item, existing->object, again);
    if (!completed && completed.error().code == Code::kTooLarge) {
        outcome.refused.push_back(
            {item.index, full_name(object->ns, object->name),
             completed.error().message +
                 ", with what the stored object has and the dump leaves out"});
        return {};
    }
    if (!completed) return completed.error();
    if (*completed) object = &again.object;
    if (model::same_but_version(existing->object, *object)) {
        ++outcome.counts.unchanged;
        return {};
    }
    return replace(txn, item, existing, *object);
}

Result<void> Import::Batch::run(store::WriteTxn& txn) {
    outcome = {};  // a group that was rolled back runs again
    growth = {};
    namespaces.clear();
    SNAPGATE_ASSIGN(bool there, txn.has_cluster(cluster.number));
    if (!there) return Error(Code::kNotFound, "the cluster was deleted during the import");
    if (audit && first) {
        SNAPGATE_TRY(txn.add_audit_line(
            audit::line_of(*audit, {}, {.outcome = audit::Outcome::kBegan}, now_ms)));
    }
    cluster::ObjectSum used;
    if (quota) {
        SNAPGATE_ASSIGN(used, quota->used(txn));
        if (dry_run) used.grow(*grown_before);
    }
    for (const Item& item : items) SNAPGATE_TRY(store_item(txn, item));
    if (quota) SNAPGATE_TRY(quota->check(used, growth));
    for (const model::ObjectKey& key : prune) {
        const model::ClusterNumber number = cluster.number_of(pruned);
        SNAPGATE_ASSIGN(auto existing, txn.get(number, pruned, key.ns, key.name));
        if (!existing || existing->revision > prune_up_to) continue;
        ++outcome.counts.pruned;
        if (dry_run) continue;
        SNAPGATE_TRY(txn.erase(number, pruned, key.ns, key.name));
        if (pruned == Kind::kSnapshot)
            SNAPGATE_TRY(note_change(txn, number, &*existing, nullptr, Origin::kImport));
        SNAPGATE_TRY(note_removal(txn, audit.get(), pruned, key));
    }
    return {};
}

Result<Import::PruneStep> Import::next_prune() {
    if (!options_.prune || prune_done_) return PruneStep{nullptr, true};
    if (begin_error_) return *begin_error_;
    if (refused_any_) {
        return Error(Code::kConflict,
                     "nothing was pruned: the dump has objects that were refused, and what they "
                     "stand for might be removed; mend them and import again");
    }
    if (!pruned_kind_) {
        if (seen_.empty()) seen(Kind::kSnapshot);
        pruned_kind_ = seen_.begin()->first;
    }
    SNAPGATE_ASSIGN(PruneStep step, prune_step(*pruned_kind_));
    if (!step.done) return step;
    const auto next = seen_.upper_bound(*pruned_kind_);
    prune_done_ = next == seen_.end();
    step.done = prune_done_;
    prune_from_ = {};
    if (!prune_done_) pruned_kind_ = next->first;
    return step;
}

Result<Import::PruneStep> Import::prune_step(Kind kind) {
    // A read view must be short: it looks at a bounded number of rows and goes on in the next.
    constexpr size_t kRows = 5'000;
    auto batch = new_batch();
    batch->prune_up_to = begun_at_;
    batch->pruned = kind;
    const model::ClusterNumber number = cluster_.number_of(kind);
    model::SeenNames& names = seen(kind);
    store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(auto head, view.head(number));
    if (!head) return Error(Code::kNotFound, "the cluster was deleted during the import");
    const auto find_unseen = [&](const store::Found& object) -> Result<store::Step> {
        if (batch->prune.size() == store_.batch_objects()) return store::Step::kPause;
        const bool kept = object.revision > begun_at_ || names.has(object.ns, object.name);
        if (!kept) batch->prune.push_back({std::string(object.ns), std::string(object.name)});
        return store::Step::kOn;
    };
    SNAPGATE_ASSIGN(const bool more, store::walk(view.scan(number, kind, head->revision, kRows),
                                                 prune_from_, find_unseen));
    if (batch->prune.empty()) {
        any_batch_ = any_batch_ && !batch->first;
        batch = nullptr;
    }
    return PruneStep{std::move(batch), !more};
}

}  // namespace snapgate::objects

#include "replica/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "replica/history.h"
#include "replica/truth_values.h"
#include "store/walk.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::ClusterNumber;
using model::Kind;
using What = TruthKeys::Address::What;
using Page = std::vector<etcd::KeyValue>;

constexpr int64_t kPageKeys = 256;
constexpr size_t kStepRows = 2'000;
constexpr size_t kNotesOfStep = 256;
constexpr store::NoteType kNoteTypes[] = {store::NoteType::kDependent,
                                          store::NoteType::kDependentsComplete,
                                          store::NoteType::kCollect, store::NoteType::kListed};
constexpr store::RecordType kRecordTypes[] = {store::RecordType::kProject,
                                              store::RecordType::kCluster, store::RecordType::kKey,
                                              store::RecordType::kSession};

Error ended_early() {
    return {Code::kUnavailable, "the server is being stopped"};
}

// Within a write: stores the object of a key unless the copy has that version of it.
Result<void> put_if_other(store::WriteTxn& txn, const TruthKeys& keys, const etcd::KeyValue& kv,
                          int64_t offset, const store::DeriveFacts& derive_facts) {
    const auto address = keys.parse(kv.key);
    if (!address || address->what != What::kObject) return unreadable_key(kv.key);
    SNAPGATE_ASSIGN(const bool there, txn.has_cluster(address->cluster));
    // It was deleted, and what it held is still being swept.
    if (!there) return {};
    SNAPGATE_ASSIGN(const auto known,
                    txn.get(address->cluster, address->kind, address->ns, address->name));
    SNAPGATE_ASSIGN(const TruthObject object, decode_truth_object(kv.value));
    if (known && known->object.version == version_of(kv.mod_revision + offset, object.place))
        return {};
    return put_copy(txn, *address, kv, offset, derive_facts);
}

}  // namespace

Result<Applied> Rebuild::run(const std::string& truth) {
    SNAPGATE_TRY(begin(truth));
    SNAPGATE_TRY(take_clusters());
    SNAPGATE_TRY(take_objects());
    SNAPGATE_TRY(erase_unseen());
    SNAPGATE_TRY(clear_notes());
    SNAPGATE_TRY(take_notes());
    SNAPGATE_TRY(publish());
    return finish();
}

Result<void> Rebuild::write(store::WriteFunction function) {
    if (stopping_()) return ended_early();
    return copy_.write_and_wait(store::Priority::kBatch, std::move(function));
}

Result<void> Rebuild::walk(const std::string& prefix, const Visit& visit) {
    std::string from = prefix;
    int64_t limit = kPageKeys;
    while (true) {
        if (stopping_()) return ended_early();
        etcd::RangeRequest request;
        request.key = from;
        request.range_end = etcd::end_of_prefix(prefix);
        request.limit = limit;
        request.revision = revision_;
        auto page = client_.range(std::move(request));
        if (!page && page.error().code == etcd::ErrorCode::kTooLarge && limit > 1) {
            limit = std::max<int64_t>(limit / 4, 1);
            continue;
        }
        if (!page) return etcd::to_base(page.error());
        const bool more = page->more && !page->kvs.empty();
        // The first key after the last one of the page.
        if (more) from = page->kvs.back().key + '\0';
        SNAPGATE_TRY(visit(std::move(page->kvs)));
        if (!more) return {};
    }
}

Result<void> Rebuild::begin(const std::string& truth) {
    etcd::RangeRequest request;
    request.key = keys_.head();
    SNAPGATE_ASSIGN(const Offset offset, read_offset(client_, keys_));
    const auto head = client_.range(std::move(request));
    if (!head) return etcd::to_base(head.error());
    if (head->kvs.size() != 1) return Error(Code::kCorrupt, "etcd holds a part of a truth only");
    revision_ = head->header.revision;
    state_.truth = truth;
    state_.offset = offset.offset;
    state_.offset_revision = offset.revision;
    state_.head_revision = head->kvs[0].mod_revision;
    state_.head = head->kvs[0].value;
    return write([this](store::WriteTxn& txn) { return write_copy_state(txn, state_); });
}

Result<void> Rebuild::take_clusters() {
    SNAPGATE_TRY(walk(keys_.clusters(), [this](const Page& page) -> Result<void> {
        for (const etcd::KeyValue& kv : page) {
            const auto address = keys_.parse(kv.key);
            if (!address || address->what != What::kCluster) return unreadable_key(kv.key);
            SNAPGATE_ASSIGN(const ClusterChange change, decode_cluster_change(kv.value));
            if (change.mirror) {
                mirrors_.insert(address->cluster);
                continue;
            }
            SNAPGATE_ASSIGN(clusters_[address->cluster],
                            version_of(change, kv.mod_revision, state_.offset));
        }
        return {};
    }));
    std::vector<ClusterNumber> gone;
    std::vector<ClusterNumber> made;
    {
        const store::ReadView view = copy_.read();
        SNAPGATE_ASSIGN(const store::StoreState newest, view.newest_state());
        for (ClusterNumber one = 1; one < newest.next_cluster; ++one) {
            SNAPGATE_ASSIGN(const auto head, view.head(one));
            if (!head) continue;
            before_.insert(one);
            if (!clusters_.contains(one) && !mirrors_.contains(one)) gone.push_back(one);
        }
    }
    for (const auto& [cluster, version] : clusters_)
        if (!before_.contains(cluster)) made.push_back(cluster);
    std::ranges::set_difference(mirrors_, before_, std::back_inserter(made));
    SNAPGATE_TRY(write([gone, made](store::WriteTxn& txn) -> Result<void> {
        for (const ClusterNumber one : gone) SNAPGATE_TRY(remove_cluster(txn, one));
        for (const ClusterNumber one : made) SNAPGATE_TRY(txn.create_cluster_as(one));
        return {};
    }));
    for (const auto& [cluster, version] : clusters_) {
        SNAPGATE_TRY(write([one = cluster](store::WriteTxn& txn) { return txn.open_stage(one); }));
    }
    return {};
}

Result<void> Rebuild::take_objects() {
    return walk(keys_.objects(), [this](Page page) { return take_page(std::move(page)); });
}

void Rebuild::note_seen(const Page& page) {
    for (const etcd::KeyValue& kv : page) {
        const auto address = keys_.parse(kv.key);
        if (!address || !before_.contains(address->cluster)) continue;
        seen_[{address->cluster, address->kind}].add(address->ns, address->name);
    }
}

Result<void> Rebuild::take_page(Page page) {
    note_seen(page);
    const auto shared = std::make_shared<const Page>(std::move(page));
    for (size_t at = 0, end = 0; at < shared->size(); at = end) {
        for (size_t bytes = 0; end < shared->size() && end - at < store::kBatchObjects &&
                               (end == at || bytes < store::kBatchBytes);
             ++end)
            bytes += (*shared)[end].value.size();
        SNAPGATE_TRY(write([this, shared, at, end](store::WriteTxn& txn) -> Result<void> {
            for (size_t i = at; i < end; ++i)
                SNAPGATE_TRY(put_if_other(txn, keys_, (*shared)[i], state_.offset, derive_facts_));
            return {};
        }));
    }
    objects_ += shared->size();
    if (told_) told_(objects_);
    return {};
}

Result<void> Rebuild::erase_unseen() {
    for (const ClusterNumber cluster : before_) {
        if (!clusters_.contains(cluster)) continue;
        for (const Kind kind : model::kKinds) SNAPGATE_TRY(erase_unseen_of(cluster, kind));
    }
    return {};
}

Result<void> Rebuild::erase_unseen_of(ClusterNumber cluster, Kind kind) {
    model::SeenNames& seen = seen_[{cluster, kind}];
    model::ObjectKey from;
    for (bool more = true; more;) {
        const auto unseen = std::make_shared<std::vector<model::ObjectKey>>();
        {
            const store::ReadView view = copy_.read();
            SNAPGATE_ASSIGN(const auto head, view.head(cluster));
            if (!head) return {};
            const auto collect = [&](const store::Found& found) -> Result<store::Step> {
                if (unseen->size() == store::kBatchObjects) return store::Step::kPause;
                if (!seen.has(found.ns, found.name))
                    unseen->push_back({std::string(found.ns), std::string(found.name)});
                return store::Step::kOn;
            };
            SNAPGATE_ASSIGN(more, store::walk(view.scan(cluster, kind, head->revision, kStepRows),
                                              from, collect));
        }
        if (unseen->empty()) continue;
        SNAPGATE_TRY(write([unseen, cluster, kind](store::WriteTxn& txn) -> Result<void> {
            for (const model::ObjectKey& key : *unseen)
                SNAPGATE_TRY(txn.erase(cluster, kind, key.ns, key.name));
            return {};
        }));
    }
    return {};
}

// Notes have no history, so those of before go first.
Result<void> Rebuild::clear_notes() {
    for (const ClusterNumber cluster : before_) {
        if (!clusters_.contains(cluster) && !mirrors_.contains(cluster)) continue;
        for (const store::NoteType type : kNoteTypes) {
            while (true) {
                SNAPGATE_ASSIGN(const auto notes,
                                copy_.read().notes(cluster, type, {}, {}, kNotesOfStep));
                if (notes.empty()) break;
                SNAPGATE_TRY(write([cluster, type, notes](store::WriteTxn& txn) -> Result<void> {
                    for (const auto& [key, value] : notes)
                        SNAPGATE_TRY(txn.erase_note(cluster, type, key));
                    return {};
                }));
            }
        }
    }
    return {};
}

Result<void> Rebuild::take_notes() {
    return walk(keys_.notes(), [this](const Page& page) -> Result<void> {
        const auto shared = std::make_shared<const Page>(page);
        return write([this, shared](store::WriteTxn& txn) -> Result<void> {
            for (const etcd::KeyValue& kv : *shared) {
                const auto address = keys_.parse(kv.key);
                if (!address || address->what != What::kNote) return unreadable_key(kv.key);
                SNAPGATE_ASSIGN(const bool there, txn.has_cluster(address->cluster));
                if (!there) continue;
                SNAPGATE_TRY(
                    txn.put_note(address->cluster, address->note, address->name, kv.value));
            }
            return {};
        });
    });
}

Result<void> Rebuild::publish() {
    for (const auto& [cluster, version] : clusters_) {
        SNAPGATE_TRY(write(
            [one = cluster, to = version, forget = forget_](store::WriteTxn& txn) -> Result<void> {
                SNAPGATE_TRY(txn.publish_stage(one, to));
                if (forget) return txn.forget_list_versions(one);
                return {};
            }));
    }
    return {};
}

Result<Applied> Rebuild::finish() {
    std::map<std::pair<store::RecordType, std::string>, std::string> records;
    SNAPGATE_TRY(walk(keys_.records(), [&](const Page& page) -> Result<void> {
        for (const etcd::KeyValue& kv : page) {
            const auto address = keys_.parse(kv.key);
            if (!address || address->what != What::kRecord) return unreadable_key(kv.key);
            records[{address->record, std::string(address->name)}] = kv.value;
        }
        return {};
    }));
    SNAPGATE_TRY(walk(keys_.numbers(), [this](const Page& page) -> Result<void> {
        for (const etcd::KeyValue& kv : page) {
            SNAPGATE_ASSIGN(state_.next_cluster, read_next_cluster(kv.value));
        }
        return {};
    }));
    state_.applied = revision_;
    state_.complete = true;
    auto applied = std::make_shared<Applied>();
    SNAPGATE_TRY(write([this, &records, applied](store::WriteTxn& txn) -> Result<void> {
        *applied = {.state = state_, .records = {}, .listed = {mirrors_.begin(), mirrors_.end()}};
        for (const store::RecordType type : kRecordTypes) {
            SNAPGATE_ASSIGN(const auto stored, txn.records(type));
            for (const auto& [id, value] : stored) {
                if (records.contains({type, id})) continue;
                SNAPGATE_TRY(txn.erase_record(type, id));
            }
        }
        for (const auto& [key, value] : records)
            SNAPGATE_TRY(txn.put_record(key.first, key.second, value));
        applied->records = txn.changed_records();
        return write_copy_state(txn, state_);
    }));
    return *applied;
}

}  // namespace snapgate::replica

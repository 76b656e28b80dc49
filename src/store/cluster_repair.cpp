#include "store/cluster_repair.h"

#include <algorithm>
#include <functional>

#include "model/names.h"
#include "store/log_row.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;
using base::Result;

// Whether a name is one that clients can ask for. A damaged key may have any other.
bool can_be_asked_for(const ObjectName& name) {
    const auto& [kind, key] = name;
    if (kind == Kind::kNamespace) return key.ns.empty() && model::is_dns_label(key.name);
    return std::ranges::find(model::kKinds, kind) != std::end(model::kKinds) &&
           model::is_dns_label(key.ns) && model::is_dns_subdomain(key.name);
}

bool is_damage(const Error& error) {
    return error.code == Code::kCorrupt;
}

}  // namespace

template <typename Take>
Result<void> ClusterRepair::for_each(std::string_view prefix, Take take) const {
    SNAPGATE_ASSIGN(engine::Cursor cursor, before_.plain_cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(prefix));
    while (found && cursor.key().starts_with(prefix)) {
        SNAPGATE_TRY(take(cursor));
        SNAPGATE_ASSIGN(found, cursor.next());
    }
    return {};
}

Result<void> ClusterRepair::run(Sequence& sequence) {
    const Key key = cluster_key(Table::kCluster, cluster_);
    SNAPGATE_TRY(remove_odd_keys());
    const auto value = before_.get(key.view());
    if (!value && !is_damage(value.error())) return value.error();
    if (value && !*value) return remove_leftovers();
    auto row = value ? decode_cluster(**value) : Result<ClusterRow>(corrupt_row("a cluster's row"));
    if (row) {
        row_ = std::move(*row);
    } else {
        SNAPGATE_TRY(rebuild_head());
    }
    SNAPGATE_TRY(rows_.erase(cluster_key(Table::kSweep, cluster_).view()));
    SNAPGATE_TRY(mend());
    return put_head(sequence);
}

// A cluster has one row in each of these tables.
Result<void> ClusterRepair::remove_odd_keys() {
    for (const Table table : {Table::kCluster, Table::kSweep}) {
        const Key key = cluster_key(table, cluster_);
        SNAPGATE_TRY(for_each(key.view(), [&](const engine::Cursor& cursor) -> Result<void> {
            if (cursor.key() == key.view()) return {};
            return remove(cursor);
        }));
    }
    return {};
}

// Its row is damaged, but the rows of its heads tell which one was the newest.
Result<void> ClusterRepair::rebuild_head() {
    const Key prefix = cluster_key(Table::kHead, cluster_);
    SNAPGATE_TRY(for_each(prefix.view(), [&](const engine::Cursor& cursor) -> Result<void> {
        SNAPGATE_TRY(cursor.value());
        if (cursor.key().size() != prefix.size() + sizeof(Revision))
            return corrupt_row("a cluster's head");
        row_.head.revision = load_u64(cursor.key(), prefix.size());
        return {};
    }));
    if (row_.head.revision == 0) return corrupt_row("a cluster's row");
    // Versions above the head belong to a stage, if there was one.
    row_.stage = Stage::kGivenUp;
    return {};
}

// There is no such cluster.
Result<void> ClusterRepair::remove_leftovers() {
    const Key sweep = cluster_key(Table::kSweep, cluster_);
    const auto swept = before_.get(sweep.view());
    if (!swept && !is_damage(swept.error())) return swept.error();
    // The sweep removes the rest.
    if (!swept) return rows_.put(sweep.view(), {});
    if (*swept) return {};
    for (auto table = static_cast<uint8_t>(Table::kHead);
         table <= static_cast<uint8_t>(Table::kStagedBytes); ++table) {
        if (!is_of_clusters(static_cast<Table>(table))) continue;
        const Key prefix = cluster_key(static_cast<Table>(table), cluster_);
        SNAPGATE_TRY(for_each(prefix.view(), [this](const engine::Cursor& cursor) -> Result<void> {
            // A whole row was written by a cluster, whose own row is gone.
            if (cursor.value()) return corrupt_row("a cluster's row");
            return remove(cursor);
        }));
    }
    return {};
}

Result<void> ClusterRepair::mend() {
    SNAPGATE_TRY(read_log());
    SNAPGATE_TRY(read_damaged_names());
    for (const Table table :
         {Table::kHead, Table::kVersion, Table::kCount, Table::kStaged, Table::kLog, Table::kIndex,
          Table::kDamaged, Table::kBytes, Table::kStagedBytes})
        SNAPGATE_TRY(clear(table));
    SNAPGATE_TRY(clear_notes());
    SNAPGATE_TRY(mend_objects());
    SNAPGATE_TRY(find_missing());
    for (const auto& [key, count] : counts_) SNAPGATE_TRY(rows_.put(key, encode_number(count)));
    for (const auto* names : {&damaged_before_, &removed_}) {
        for (const auto& [kind, key] : *names)
            SNAPGATE_TRY(rows_.put(damaged_key(cluster_, kind, key.ns, key.name).view(), {}));
    }
    return {};
}

Result<void> ClusterRepair::read_log() {
    const auto take = [this](const engine::Cursor& cursor) -> Result<void> {
        const auto value = cursor.value();
        if (!value) return is_damage(value.error()) ? Result<void>() : value.error();
        LogRowReader reader(*value);
        for (auto more = reader.next(); more && *more; more = reader.next())
            SNAPGATE_TRY(take_change(reader.entry()));
        return {};
    };
    return for_each(cluster_key(Table::kLog, cluster_).view(), take);
}

Result<void> ClusterRepair::take_change(const LogEntry& entry) {
    const auto& [ns, name] = entry.key;
    if (entry.revision > row_.head.revision || !fits_key(ns, name)) return {};
    const auto version =
        before_.get(object_key(cluster_, entry.kind, ns, name, entry.revision).view());
    if (!version && !is_damage(version.error())) return version.error();
    const ObjectName object{entry.kind, entry.key};
    // A damaged version is found where it stands.
    if (!version || *version) {
        without_version_.erase(object);
    } else {
        without_version_.insert_or_assign(object, entry.op == LogEntry::Op::kDeleted);
    }
    return {};
}

Result<void> ClusterRepair::read_damaged_names() {
    const auto take = [this](const engine::Cursor& cursor) -> Result<void> {
        const auto address = parse_damaged_key(cursor.key());
        if (!address) return {};
        ObjectName name{address->kind, {std::string(address->ns), std::string(address->name)}};
        if (can_be_asked_for(name)) damaged_before_.insert(std::move(name));
        return {};
    };
    return for_each(cluster_key(Table::kDamaged, cluster_).view(), take);
}

// Removes the rows of a table, which follow from the objects.
Result<void> ClusterRepair::clear(Table table) {
    const auto take = [this](const engine::Cursor& cursor) -> Result<void> {
        if (!cursor.value()) return remove(cursor);
        SNAPGATE_TRY(rows_.erase(cursor.key()));
        return {};
    };
    return for_each(cluster_key(table, cluster_).view(), take);
}

// What does not follow from the objects stays: work that is to be done, and what others told.
Result<void> ClusterRepair::clear_notes() {
    const auto take = [this](const engine::Cursor& cursor) -> Result<void> {
        if (!cursor.value() || !is_note_key(cursor.key())) return remove(cursor);
        const auto type = static_cast<NoteType>(cursor.key()[1 + sizeof(ClusterNumber)]);
        if (type == NoteType::kCollect || type == NoteType::kListed) return {};
        SNAPGATE_TRY(rows_.erase(cursor.key()));
        return {};
    };
    return for_each(cluster_key(Table::kNote, cluster_).view(), take);
}

Result<void> ClusterRepair::mend_objects() {
    SNAPGATE_TRY(for_each(cluster_key(Table::kObject, cluster_).view(),
                          [this](const engine::Cursor& cursor) { return take_version(cursor); }));
    return finish_object();
}

Result<void> ClusterRepair::take_version(const engine::Cursor& cursor) {
    const std::string_view key = cursor.key();
    const auto address = parse_object_key(key);
    if (!address) return remove(cursor);
    const std::string_view object = key.substr(0, key.size() - sizeof(Revision));
    if (!object_ || object_->key != object) {
        SNAPGATE_TRY(finish_object());
        object_.emplace();
        object_->key = object;
        object_->name = {static_cast<Kind>(key[1 + sizeof(ClusterNumber)]),
                         {std::string(address->ns), std::string(address->name)}};
    }
    const auto value = cursor.value();
    const auto version = value ? decode_version(*value) : value.error();
    const bool above = address->revision > row_.head.revision;
    const bool may_be_staged = above && row_.stage != Stage::kNone;
    if (!version || (above && !may_be_staged)) {
        bool& damaged = may_be_staged ? object_->damaged_staged : object_->damaged;
        damaged = damaged || object_->newest.empty();
        return remove(cursor);
    }
    if (above || !object_->newest.empty()) {
        SNAPGATE_TRY(rows_.erase(key));
        return {};
    }
    object_->newest = key;
    object_->live = version->has_value();
    if (!object_->live) return {};
    object_->vm = (*version)->vm;
    object_->bytes = (*version)->text.size();
    if (are_facts_readable(**version)) return {};
    // The object is whole, and its facts follow from it. They are filled in after the next start.
    SNAPGATE_TRY(file_.add(key, cursor.stored()));
    SNAPGATE_TRY(rows_.erase(meta_key(kFactsName).view()));
    return rows_.put(key, with_facts(*value, {}));
}

Result<void> ClusterRepair::finish_object() {
    if (!object_) return {};
    const auto missing = without_version_.find(object_->name);
    const bool lost = missing != without_version_.end();
    const bool deleted = lost && missing->second;
    // What may be a version of a stage says nothing of an object that is whole at the head.
    const bool damaged = object_->damaged || (lost && !deleted) ||
                         (object_->damaged_staged && object_->newest.empty());
    if (!damaged && !deleted && object_->live) {
        SNAPGATE_TRY(keep_object());
    } else {
        // Nobody knows whether an older version is what the object was last.
        if (!object_->newest.empty()) SNAPGATE_TRY(drop_newest(damaged));
        if (damaged) note_removed(object_->name);
    }
    object_.reset();
    return {};
}

Result<void> ClusterRepair::drop_newest(bool damaged) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, before_.plain_cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek(object_->newest));
    if (!found || cursor.key() != object_->newest) return corrupt_row("a version of an object");
    if (damaged && object_->live) return remove(cursor);
    SNAPGATE_TRY(rows_.erase(cursor.key()));
    return {};
}

Result<void> ClusterRepair::keep_object() {
    const auto& [kind, key] = object_->name;
    for (const Key& count : {count_key(Table::kCount, cluster_, kind),
                             count_key(Table::kCount, cluster_, kind, key.ns)})
        ++counts_[std::string(count.view())];
    counts_[std::string(count_key(Table::kBytes, cluster_, kind).view())] += object_->bytes;
    damaged_before_.erase(object_->name);
    if (kind != Kind::kSnapshot || object_->vm.empty()) return {};
    return rows_.put(index_key(cluster_, model::vm_hash(object_->vm), key.ns, key.name).view(), {});
}

// Of an object whose key is damaged, nothing may be left but what other rows say of it.
Result<void> ClusterRepair::find_missing() {
    for (const auto& [name, deleted] : without_version_) {
        if (!deleted) note_removed(name);
    }
    SNAPGATE_ASSIGN(const bool missing, are_snapshots_missing());
    if (!missing) return {};
    const auto take = [this](const engine::Cursor& cursor) -> Result<void> {
        const auto hint = parse_index_key(cursor.key());
        if (!hint || !cursor.value()) return {};
        const ObjectName name{Kind::kSnapshot, {std::string(hint->ns), std::string(hint->name)}};
        SNAPGATE_ASSIGN(const bool known, has_versions(name));
        if (!known) note_removed(name);
        return {};
    };
    return for_each(cluster_key(Table::kIndex, cluster_).view(), take);
}

// Whether fewer are left than were counted.
Result<bool> ClusterRepair::are_snapshots_missing() const {
    const Key key = count_key(Table::kCount, cluster_, Kind::kSnapshot);
    const auto value = before_.get(key.view());
    if (!value && !is_damage(value.error())) return value.error();
    if (!value) return true;
    if (!*value) return false;
    const auto counted = decode_number(**value);
    const auto left = counts_.find(key.view());
    return !counted || *counted > (left == counts_.end() ? 0 : left->second);
}

Result<bool> ClusterRepair::has_versions(const ObjectName& name) const {
    const auto& [kind, key] = name;
    if (!fits_key(key.ns, key.name)) return false;
    const Key prefix = object_key(cluster_, kind, key.ns, key.name);
    SNAPGATE_ASSIGN(engine::Cursor cursor, before_.plain_cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek(prefix.view()));
    return found && cursor.key().starts_with(prefix.view());
}

// The only head that is left. It has no list version: a mirror is listed from its cluster again.
Result<void> ClusterRepair::put_head(Sequence& sequence) {
    sequence.next_revision = std::max(sequence.next_revision, row_.head.revision + 1);
    sequence.next_cluster = std::max(sequence.next_cluster, cluster_ + 1);
    ClusterRow row;
    row.head.revision = sequence.next_revision++;
    row.head.since_ms = sequence.newest_ms;
    row.floor = row.head.revision;
    SNAPGATE_TRY(rows_.put(head_key(cluster_, row.head.revision).view(),
                           encode(HeadRow{row.head.since_ms, {}})));
    return rows_.put(cluster_key(Table::kCluster, cluster_).view(), encode(row));
}

Result<void> ClusterRepair::remove(const engine::Cursor& cursor) {
    SNAPGATE_TRY(file_.add(cursor.key(), cursor.stored()));
    SNAPGATE_TRY(rows_.erase(cursor.key()));
    return {};
}

void ClusterRepair::note_removed(const ObjectName& name) {
    if (!can_be_asked_for(name)) return;
    damaged_before_.erase(name);
    removed_.insert(name);
}

}  // namespace snapgate::store

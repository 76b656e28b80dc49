#include "store/write_txn.h"

#include <fmt/format.h>

#include <algorithm>

#include "facts/facts.h"
#include "model/names.h"
#include "store/read_state.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

Error no_cluster(ClusterNumber cluster) {
    return {Code::kNotFound, fmt::format("the store has no cluster {}", cluster)};
}

}  // namespace

Transaction::Transaction(engine::WriteTransaction& rows, const Sequence& sequence,
                         const HistoryClock& clock)
    : rows_(rows), sequence_(sequence), now_ms_(clock.now_ms()), system_ms_(clock.system_ms()) {}

void Transaction::begin_function() {
    function_wrote_ = false;
    blocked_.reset();
    copies_.clear();
}

void Transaction::mark_changed() {
    function_wrote_ = true;
    changed_ = true;
}

base::Result<Transaction::ClusterState*> Transaction::find(ClusterNumber cluster) {
    auto known = clusters_.find(cluster);
    if (known != clusters_.end()) {
        if (known->second.deleted) return no_cluster(cluster);
        return &known->second;
    }
    SNAPGATE_ASSIGN(auto value, rows_.get(cluster_key(Table::kCluster, cluster).view()));
    if (!value) return no_cluster(cluster);
    SNAPGATE_ASSIGN(ClusterRow row, decode_cluster(*value));
    SNAPGATE_ASSIGN(const auto damaged, first_key(cluster_key(Table::kDamaged, cluster).view()));
    ClusterState& state = clusters_[cluster];
    state.has_damaged = damaged.has_value();
    state.row = std::move(row);
    state.written = state.row.head.revision;
    return &state;
}

base::Result<Transaction::ClusterState*> Transaction::find_writable(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    // If this very transaction gave up the stage, its roll-back makes the stage open again; then
    // the removal has to give it up first.
    if (state->row.stage == Stage::kGivenUp) return block(cluster, state->given_up);
    return state;
}

Error Transaction::block(ClusterNumber cluster, bool give_up_stage) {
    blocked_ = Blocked{cluster, give_up_stage};
    return {Code::kUnavailable,
            fmt::format("what was staged in cluster {} is still being removed", cluster)};
}

base::Result<ClusterNumber> Transaction::create_cluster() {
    mark_changed();
    ClusterNumber cluster = sequence_.next_cluster++;
    ClusterState& state = clusters_[cluster];
    move_head(state, sequence_.next_revision++);
    return cluster;
}

base::Result<void> Transaction::create_cluster_as(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(const bool there, has_cluster(cluster));
    SNAPGATE_ASSIGN(const auto sweep, rows_.get(cluster_key(Table::kSweep, cluster).view()));
    const auto known = clusters_.find(cluster);
    const bool gone = sweep || (known != clusters_.end() && known->second.deleted);
    if (there || gone || cluster == 0) {
        return Error(Code::kAlreadyExists,
                     fmt::format("the store has used the cluster number {} already", cluster));
    }
    mark_changed();
    sequence_.next_cluster = std::max(sequence_.next_cluster, cluster + 1);
    move_head(clusters_[cluster], sequence_.next_revision++);
    return {};
}

base::Result<void> Transaction::delete_cluster(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    *state = ClusterState{};
    state->deleted = true;
    SNAPGATE_TRY(erase_row(cluster_key(Table::kCluster, cluster).view()));
    return put_row(cluster_key(Table::kSweep, cluster).view(), {});
}

base::Result<std::optional<Found>> Transaction::get(ClusterNumber cluster, Kind kind,
                                                    std::string_view ns, std::string_view name) {
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    // Versions of a stage that was given up do not count.
    Revision at = state->row.stage == Stage::kGivenUp ? state->row.head.revision : UINT64_MAX;
    return newest(cluster, kind, ns, name, at);
}

base::Result<std::optional<Found>> Transaction::newest(ClusterNumber cluster, Kind kind,
                                                       std::string_view ns, std::string_view name,
                                                       Revision at) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
    SNAPGATE_ASSIGN(auto found, find_version(cursor, cluster, kind, ns, name, at));
    if (!found) return found;
    // The engine may move a row at the next change, but the function may use the result until it
    // ends. So copy it.
    const std::string& key = copies_.emplace_back(cursor.key());
    SNAPGATE_ASSIGN(const auto stored, cursor.value());
    const std::string& value = copies_.emplace_back(stored);
    auto address = parse_object_key(key);
    SNAPGATE_ASSIGN(auto object, decode_version(value));
    return std::optional(Found{address->ns, address->name, address->revision, *object});
}

base::Result<Revision> Transaction::put(ClusterNumber cluster, Kind kind,
                                        const model::PreparedObject& object,
                                        std::optional<std::string_view> version) {
    if (!fits_key(object.ns, object.name) || object.name.empty() ||
        (version && version->size() > kMaxListVersion)) {
        return Error(Code::kInvalid,
                     "an object's namespace is at most 128 bytes, its name 1 to 255, its resource "
                     "version at most 255");
    }
    SNAPGATE_ASSIGN(ClusterState * state, find_writable(cluster));
    LogEntry entry;
    int64_t grown = 0;
    bool has_hint = object.vm.empty() || kind != Kind::kSnapshot;
    {
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
        SNAPGATE_ASSIGN(auto previous,
                        find_version(cursor, cluster, kind, object.ns, object.name, UINT64_MAX));
        if (previous) {
            entry.op = LogEntry::Op::kUpdated;
            entry.previous = previous->revision;
            grown -= static_cast<int64_t>(previous->object.text.size());
            has_hint = has_hint || previous->object.vm == object.vm;
        }
    }
    entry.revision = sequence_.next_revision++;
    entry.kind = kind;
    entry.key = {object.ns, object.name};

    value_.clear();
    begin_live_version(object.facts, value_);
    const fmt::format_int decimal(entry.revision);
    const std::string_view named =
        version ? *version : std::string_view(decimal.data(), decimal.size());
    model::encode_object(object, named, value_);
    grown += static_cast<int64_t>(object.text.size() + named.size());
    SNAPGATE_TRY(
        put_row(object_key(cluster, kind, object.ns, object.name, entry.revision).view(), value_));
    if (!has_hint) {
        SNAPGATE_TRY(add_row(
            index_key(cluster, model::vm_hash(object.vm), object.ns, object.name).view(), {}));
    }
    note_change(cluster, *state, entry, grown);
    if (state->log.full()) SNAPGATE_TRY(write_log(cluster, *state));
    SNAPGATE_TRY(forget_damaged(cluster, *state, kind, object.ns, object.name));
    return entry.revision;
}

base::Result<void> Transaction::forget_damaged(ClusterNumber cluster, const ClusterState& state,
                                               Kind kind, std::string_view ns,
                                               std::string_view name) {
    // Nobody sees what a stage wrote before it is published.
    if (!state.has_damaged || state.row.stage == Stage::kOpen || !fits_key(ns, name)) return {};
    return erase_row(damaged_key(cluster, kind, ns, name).view());
}

base::Result<bool> Transaction::erase(ClusterNumber cluster, Kind kind, std::string_view ns,
                                      std::string_view name) {
    SNAPGATE_ASSIGN(ClusterState * state, find_writable(cluster));
    LogEntry entry;
    int64_t grown = 0;
    {
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
        SNAPGATE_ASSIGN(auto previous, find_version(cursor, cluster, kind, ns, name, UINT64_MAX));
        if (previous) {
            entry.previous = previous->revision;
            grown = -static_cast<int64_t>(previous->object.text.size());
        }
    }
    SNAPGATE_TRY(forget_damaged(cluster, *state, kind, ns, name));
    // A namespace that goes takes with it what a repair removed from it.
    if (kind == Kind::kNamespace && state->has_damaged) {
        const Key damaged = damaged_key(cluster, Kind::kSnapshot, name, {});
        SNAPGATE_TRY(erase_rows(damaged.view(), SIZE_MAX));
    }
    if (entry.previous == 0) return false;
    entry.op = LogEntry::Op::kDeleted;
    entry.revision = sequence_.next_revision++;
    entry.kind = kind;
    entry.key = {std::string(ns), std::string(name)};
    SNAPGATE_TRY(put_row(object_key(cluster, kind, ns, name, entry.revision).view(), tombstone()));
    note_change(cluster, *state, entry, grown);
    if (state->log.full()) SNAPGATE_TRY(write_log(cluster, *state));
    return true;
}

void Transaction::note_change(ClusterNumber cluster, ClusterState& state, const LogEntry& entry,
                              int64_t bytes) {
    state.log.add(entry);
    bool staged = state.row.stage == Stage::kOpen;
    if (!staged) move_head(state, entry.revision);
    auto& changes = staged ? state.staged : state.counts;
    const auto add = [&changes](const Key& key, int64_t change) {
        auto known = changes.find(key.view());
        if (known == changes.end()) known = changes.emplace(key.view(), 0).first;
        known->second += change;
    };
    if (bytes != 0)
        add(count_key(staged ? Table::kStagedBytes : Table::kBytes, cluster, entry.kind), bytes);
    if (entry.op == LogEntry::Op::kUpdated) return;
    const int64_t change = entry.op == LogEntry::Op::kCreated ? 1 : -1;
    const Table table = staged ? Table::kStaged : Table::kCount;
    add(count_key(table, cluster, entry.kind), change);
    add(count_key(table, cluster, entry.kind, entry.key.ns), change);
}

void Transaction::move_head(ClusterState& state, Revision revision) {
    mark_changed();
    state.head_moves = true;
    state.row_changed = true;
    state.row.head.revision = revision;
}

void Transaction::set_version(ClusterState& state, std::string_view version) {
    state.row.head.decimal = false;
    state.row.head.version = version;
}

base::Result<void> Transaction::set_list_version(ClusterNumber cluster, std::string_view version) {
    if (version.empty() || version.size() > kMaxListVersion)
        return Error(Code::kInvalid, "a list's resource version is 1 to 255 bytes");
    SNAPGATE_ASSIGN(ClusterState * state, find_writable(cluster));
    if (state->row.stage == Stage::kOpen) {
        return Error(
            Code::kConflict,
            fmt::format("cluster {} has an open stage: it gets its list version when it is "
                        "published",
                        cluster));
    }
    if (!state->row.head.decimal && state->row.head.version == version) return {};
    // A head has one list version. Without a change of an object, a new version needs a new
    // revision for its head.
    if (state->written == state->row.head.revision) move_head(*state, sequence_.next_revision++);
    mark_changed();
    set_version(*state, version);
    return write_head(cluster, *state);
}

base::Result<void> Transaction::forget_list_versions(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(ClusterState * state, find_writable(cluster));
    const Key key = known_versions_key(cluster);
    const Revision head = state->row.head.revision;
    VersionRow forgotten{head, head};
    SNAPGATE_ASSIGN(const auto before, rows_.get(key.view()));
    if (before) {
        SNAPGATE_ASSIGN(const VersionRow row, decode_version_row(*before));
        // Heads that are older than history need not be remembered.
        const Revision first = row.first >= state->row.floor ? row.first : row.last;
        if (first >= state->row.floor) forgotten.first = first;
    }
    mark_changed();
    return put_row(key.view(), encode(forgotten));
}

base::Result<void> Transaction::fill_facts(std::string_view key, std::string_view facts) {
    SNAPGATE_ASSIGN(const auto value, rows_.get(key));
    if (!value) return {};
    SNAPGATE_ASSIGN(const auto version, decode_version(*value));
    if (!version || !version->facts.empty()) return {};
    return put_row(key, with_facts(*value, facts));
}

base::Result<void> Transaction::note_facts() {
    return put_row(meta_key(kFactsName).view(), encode_number(facts::kLayout));
}

base::Result<uint64_t> Transaction::counted(ClusterNumber cluster, const Key& key) {
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    int64_t count = 0;
    SNAPGATE_ASSIGN(auto value, rows_.get(key.view()));
    if (value) {
        SNAPGATE_ASSIGN(uint64_t stored, decode_number(*value));
        count = static_cast<int64_t>(stored);
    }
    auto change = state->counts.find(key.view());
    if (change != state->counts.end()) count += change->second;
    return static_cast<uint64_t>(count);
}

base::Result<uint64_t> Transaction::count(ClusterNumber cluster, Kind kind) {
    return counted(cluster, count_key(Table::kCount, cluster, kind));
}

base::Result<uint64_t> Transaction::bytes(ClusterNumber cluster, Kind kind) {
    return counted(cluster, count_key(Table::kBytes, cluster, kind));
}

base::Result<bool> Transaction::has_cluster(ClusterNumber cluster) {
    auto state = find(cluster);
    if (state) return true;
    if (state.error().code == Code::kNotFound) return false;
    return std::move(state).error();
}

base::Result<std::optional<std::string>> Transaction::record(RecordType type, std::string_view id) {
    if (id.size() > kMaxRecordId) return std::optional<std::string>();
    SNAPGATE_ASSIGN(auto value, rows_.get(record_key(static_cast<uint8_t>(type), id).view()));
    if (!value) return std::optional<std::string>();
    return std::optional<std::string>(*value);
}

base::Result<std::vector<std::pair<std::string, std::string>>> Transaction::records(
    RecordType type) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
    return all_records(cursor, type);
}

base::Result<void> Transaction::put_record(RecordType type, std::string_view id,
                                           std::string_view value) {
    if (id.empty() || id.size() > kMaxRecordId)
        return Error(Code::kInvalid, "the id of a record is 1 to 400 bytes");
    changed_records_.push_back({type, std::string(id)});
    return put_row(record_key(static_cast<uint8_t>(type), id).view(), value);
}

base::Result<void> Transaction::erase_record(RecordType type, std::string_view id) {
    if (id.empty() || id.size() > kMaxRecordId) return {};
    changed_records_.push_back({type, std::string(id)});
    return erase_row(record_key(static_cast<uint8_t>(type), id).view());
}

WriteFunction noting_records(WriteFunction function,
                             std::shared_ptr<std::vector<ChangedRecord>> changed) {
    return [function = std::move(function),
            changed = std::move(changed)](WriteTxn& txn) -> base::Result<void> {
        const size_t before = txn.changed_records().size();
        SNAPGATE_TRY(function(txn));
        const std::vector<ChangedRecord>& all = txn.changed_records();
        changed->assign(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
        return {};
    };
}

}  // namespace snapgate::store

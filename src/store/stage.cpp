// Stages of a write transaction. The versions above the cluster's head belong to its stage, and the
// rows of the log above the head name all of them.
#include <fmt/format.h>

#include "model/names.h"
#include "store/read_state.h"
#include "store/write_txn.h"

namespace snapgate::store {

using base::Code;
using base::Error;

base::Result<bool> Transaction::has_staged_rows(ClusterNumber cluster, const ClusterState& state) {
    if (!state.log.empty()) return true;
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(log_key(cluster, state.row.head.revision + 1).view()));
    return found && cursor.key().starts_with(cluster_key(Table::kLog, cluster).view());
}

base::Result<void> Transaction::open_stage(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(ClusterState * state, find_writable(cluster));
    if (state->row.stage == Stage::kOpen) {
        SNAPGATE_ASSIGN(bool staged, has_staged_rows(cluster, *state));
        if (staged) return block(cluster, true);
        return {};
    }
    // A row of the log must not cross the head.
    SNAPGATE_TRY(write_log(cluster, *state));
    mark_changed();
    state->row.stage = Stage::kOpen;
    state->row_changed = true;
    return {};
}

base::Result<void> Transaction::publish_stage(ClusterNumber cluster,
                                              std::string_view list_version) {
    if (list_version.size() > kMaxListVersion)
        return Error(Code::kInvalid, "a list's resource version is at most 255 bytes");
    SNAPGATE_ASSIGN(ClusterState * state, find_writable(cluster));
    if (state->row.stage != Stage::kOpen) {
        return Error(Code::kConflict,
                     fmt::format("cluster {} has no open stage to publish", cluster));
    }
    SNAPGATE_TRY(publish_counts(cluster, *state));
    if (state->has_damaged)
        SNAPGATE_TRY(erase_rows(cluster_key(Table::kDamaged, cluster).view(), SIZE_MAX));
    state->row.stage = Stage::kNone;
    move_head(*state, sequence_.next_revision++);
    if (!list_version.empty()) set_version(*state, list_version);
    return write_head(cluster, *state);
}

base::Result<void> Transaction::publish_counts(ClusterNumber cluster, ClusterState& state) {
    auto add = [&state](std::string_view staged_key, int64_t change) {
        std::string key(staged_key);
        const bool bytes = static_cast<Table>(key[0]) == Table::kStagedBytes;
        key[0] = static_cast<char>(bytes ? Table::kBytes : Table::kCount);
        state.counts[key] += change;
    };
    for (const auto& [key, change] : state.staged) add(key, change);
    state.staged.clear();
    for (const Table table : {Table::kStaged, Table::kStagedBytes}) {
        const Key prefix = cluster_key(table, cluster);
        while (true) {
            SNAPGATE_ASSIGN(auto key, first_key(prefix.view()));
            if (!key) break;
            SNAPGATE_ASSIGN(auto value, rows_.get(*key));
            SNAPGATE_ASSIGN(uint64_t change, decode_number(*value));
            add(*key, static_cast<int64_t>(change));
            SNAPGATE_TRY(erase_row(*key));
        }
    }
    return {};
}

base::Result<void> Transaction::give_up_stage(ClusterNumber cluster) {
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    if (state->row.stage != Stage::kOpen) return {};
    SNAPGATE_TRY(write_log(cluster, *state));
    state->staged.clear();
    mark_changed();
    state->row.stage = Stage::kGivenUp;
    state->row_changed = true;
    state->given_up = true;
    return {};
}

base::Result<bool> Transaction::remove_stage_step(ClusterNumber cluster, bool give_up_open) {
    SNAPGATE_ASSIGN(bool there, has_cluster(cluster));
    if (!there) return false;
    if (give_up_open) SNAPGATE_TRY(give_up_stage(cluster));
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    if (state->row.stage != Stage::kGivenUp) return false;

    size_t removed = 0;
    Key prefix = cluster_key(Table::kLog, cluster);
    while (removed < kStepRows) {
        std::string key;
        std::string row;
        {
            SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
            SNAPGATE_ASSIGN(bool found,
                            cursor.seek(log_key(cluster, state->row.head.revision + 1).view()));
            if (!found || !cursor.key().starts_with(prefix.view())) break;
            key = cursor.key();
            SNAPGATE_ASSIGN(row, cursor.value());
        }
        LogRowReader reader(row);
        while (true) {
            SNAPGATE_ASSIGN(bool more, reader.next());
            if (!more) break;
            const LogEntry& entry = reader.entry();
            SNAPGATE_ASSIGN(size_t rows,
                            remove_version(cluster, entry.kind, entry.key, entry.revision));
            removed += rows;
        }
        SNAPGATE_TRY(erase_row(key));
        ++removed;
    }
    for (const Table table : {Table::kStaged, Table::kStagedBytes}) {
        if (removed >= kStepRows) return true;
        SNAPGATE_ASSIGN(size_t counts,
                        erase_rows(cluster_key(table, cluster).view(), kStepRows - removed));
        removed += counts;
    }
    if (removed >= kStepRows) return true;
    mark_changed();
    state->row.stage = Stage::kNone;
    state->row_changed = true;
    return false;
}

base::Result<size_t> Transaction::remove_version(ClusterNumber cluster, Kind kind,
                                                 const model::ObjectKey& key, Revision revision) {
    Key row_key = object_key(cluster, kind, key.ns, key.name, revision);
    const auto value = rows_.get(row_key.view());
    std::string vm;
    if (value) {
        if (!*value) return 0U;
        SNAPGATE_ASSIGN(auto object, decode_version(**value));
        if (object && kind == Kind::kSnapshot) vm = object->vm;
    } else if (value.error().code != Code::kCorrupt) {
        return value.error();
    }
    // A damaged version goes like any other: nobody may read it any more. Its hint stays, and is
    // passed over as a hint without an object.
    SNAPGATE_TRY(erase_row(row_key.view()));
    if (vm.empty()) return 1U;
    {
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
        Key versions = object_key(cluster, kind, key.ns, key.name);
        SNAPGATE_ASSIGN(bool found, cursor.seek(versions.view()));
        while (found && cursor.key().size() == row_key.size() &&
               cursor.key().starts_with(versions.view())) {
            const auto other_value = cursor.value();
            if (!other_value) return 1U;  // damaged: it may be of the same VM
            SNAPGATE_ASSIGN(auto other, decode_version(*other_value));
            if (other && other->vm == vm) return 1U;
            SNAPGATE_ASSIGN(found, cursor.next());
        }
    }
    SNAPGATE_TRY(erase_row(index_key(cluster, model::vm_hash(vm), key.ns, key.name).view()));
    return 2U;
}

}  // namespace snapgate::store

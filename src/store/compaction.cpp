// The steps of a write transaction that remove rows which nobody can read any more. They follow the
// log, so their cost depends on the number of changes, not on the number of stored objects.
#include "store/read_state.h"
#include "store/write_txn.h"

namespace snapgate::store {
namespace {

// For one entry of the log up to three rows are removed: its object's previous version, that
// version's hint, and a tombstone.
constexpr size_t kRowsPerEntry = 3;
// Reading heads and rows without removing any is cheap, but it must be bounded, too.
constexpr size_t kHeadsPerStep = 4096;
constexpr size_t kLogRowsPerStep = 64;

}  // namespace

base::Result<bool> Transaction::compact_step(ClusterNumber cluster,
                                             const CompactionLimits& limits) {
    SNAPGATE_ASSIGN(bool there, has_cluster(cluster));
    if (!there) return false;
    SNAPGATE_ASSIGN(ClusterState * state, find(cluster));
    SNAPGATE_ASSIGN(bool more, raise_floor(cluster, *state, limits));
    SNAPGATE_ASSIGN(size_t removed, compact_log(cluster, state->row.floor, kStepRows, more));
    if (removed >= kStepRows) return true;
    SNAPGATE_TRY(trim_heads(cluster, state->row.floor, kStepRows - removed, more));
    return more;
}

base::Result<bool> Transaction::raise_floor(ClusterNumber cluster, ClusterState& state,
                                            const CompactionLimits& limits) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
    Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(bool found, cursor.seek(head_key(cluster, state.row.floor).view()));
    Revision floor = 0;
    for (size_t looked_at = 0; found && looked_at < kHeadsPerStep; ++looked_at) {
        SNAPGATE_ASSIGN(found, cursor.next());
        if (!found || !cursor.key().starts_with(prefix.view())) break;
        SNAPGATE_ASSIGN(const auto value, cursor.value());
        SNAPGATE_ASSIGN(HeadRow next, decode_head(value));
        Revision revision = load_u64(cursor.key(), prefix.size());
        if (next.since_ms >= limits.cutoff_ms || revision > limits.hold) break;
        floor = revision;
    }
    if (floor <= state.row.floor) return false;
    mark_changed();
    state.row.floor = floor;
    state.row_changed = true;
    // The next step checks whether the next head can be the floor already.
    return true;
}

base::Result<size_t> Transaction::compact_log(ClusterNumber cluster, Revision floor, size_t most,
                                              bool& more) {
    size_t removed = 0;
    Key prefix = cluster_key(Table::kLog, cluster);
    for (size_t rows = 0; rows < kLogRowsPerStep; ++rows) {
        std::string key;
        std::string row;
        {
            SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
            SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view()));
            if (!found || !cursor.key().starts_with(prefix.view()) ||
                load_u64(cursor.key(), prefix.size()) > floor)
                return removed;
            key = cursor.key();
            SNAPGATE_ASSIGN(row, cursor.value());
        }
        if (removed > 0 && removed + LogRowBuilder::kMaxEntries * kRowsPerEntry + 1 > most) break;
        LogRowReader reader(row);
        while (true) {
            SNAPGATE_ASSIGN(bool another, reader.next());
            if (!another) break;
            const LogEntry& entry = reader.entry();
            if (entry.op == LogEntry::Op::kCreated) continue;
            SNAPGATE_ASSIGN(size_t gone,
                            remove_version(cluster, entry.kind, entry.key, entry.previous));
            removed += gone;
            if (entry.op != LogEntry::Op::kDeleted) continue;
            SNAPGATE_ASSIGN(size_t tombstone,
                            remove_version(cluster, entry.kind, entry.key, entry.revision));
            removed += tombstone;
        }
        SNAPGATE_TRY(erase_row(key));
        ++removed;
    }
    more = true;
    return removed;
}

// A list version loses one of its heads. If that was its first head, the next one becomes the
// first.
base::Result<size_t> Transaction::forget_version(ClusterNumber cluster, Revision revision,
                                                 std::string_view version) {
    const Key named = version_key(cluster, version);
    SNAPGATE_ASSIGN(auto known, rows_.get(named.view()));
    if (!known) return 0U;
    SNAPGATE_ASSIGN(VersionRow row, decode_version_row(*known));
    if (row.first != revision) return 0U;
    if (row.last == revision) {
        SNAPGATE_TRY(erase_row(named.view()));
        return 1U;
    }
    {
        SNAPGATE_ASSIGN(engine::Cursor cursor, rows_.cursor());
        SNAPGATE_ASSIGN(auto next, find_head(cursor, cluster, revision + 1, version));
        row.first = next.value_or(row.last);
    }
    SNAPGATE_TRY(put_row(named.view(), encode(row)));
    return 1U;
}

base::Result<void> Transaction::trim_heads(ClusterNumber cluster, Revision floor, size_t most,
                                           bool& more) {
    size_t removed = 0;
    Key prefix = cluster_key(Table::kHead, cluster);
    while (removed < most) {
        SNAPGATE_ASSIGN(auto key, first_key(prefix.view()));
        if (!key) return {};
        Revision revision = load_u64(*key, prefix.size());
        if (revision >= floor) return {};
        SNAPGATE_ASSIGN(auto value, rows_.get(*key));
        SNAPGATE_ASSIGN(HeadRow head, decode_head(*value));
        if (!head.version.empty()) {
            const std::string version(head.version);
            SNAPGATE_ASSIGN(const size_t rows, forget_version(cluster, revision, version));
            removed += rows;
        }
        SNAPGATE_TRY(erase_row(*key));
        ++removed;
    }
    more = true;
    return {};
}

base::Result<bool> Transaction::sweep_step(ClusterNumber cluster) {
    size_t left = kStepRows;
    for (Table table :
         {Table::kObject, Table::kIndex, Table::kLog, Table::kHead, Table::kVersion, Table::kCount,
          Table::kStaged, Table::kDamaged, Table::kNote, Table::kBytes, Table::kStagedBytes}) {
        SNAPGATE_ASSIGN(size_t erased, erase_rows(cluster_key(table, cluster).view(), left));
        left -= erased;
        if (left == 0) return true;
    }
    SNAPGATE_TRY(erase_row(cluster_key(Table::kSweep, cluster).view()));
    return false;
}

}  // namespace snapgate::store

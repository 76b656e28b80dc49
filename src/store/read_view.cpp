#include <fmt/format.h>

#include <algorithm>

#include "engine/environment.h"
#include "store/keys.h"
#include "store/log_row.h"
#include "store/read_state.h"
#include "store/rows.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

base::Result<uint64_t> count_row(const engine::ReadTransaction& rows, const Key& key) {
    SNAPGATE_ASSIGN(auto value, rows.get(key.view()));
    if (!value) return 0U;
    return decode_number(*value);
}

}  // namespace

ReadView::ReadView(std::unique_ptr<ReadState> state) : state_(std::move(state)) {}
ReadView::~ReadView() = default;
ReadView::ReadView(ReadView&&) noexcept = default;

base::Result<std::optional<Head>> ReadView::head(ClusterNumber cluster) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(auto row, cluster_row(*state_->rows, cluster));
    if (!row) return std::optional<Head>();
    return std::optional(std::move(row->head));
}

base::Result<StoreState> ReadView::newest_state() const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(const auto value, state_->rows->get(meta_key(kSequenceName).view()));
    if (!value) return corrupt_row("the row of its counters");
    SNAPGATE_ASSIGN(const Sequence sequence, decode_sequence(*value));
    return StoreState{sequence.next_revision - 1, sequence.next_cluster};
}

base::Result<std::optional<Revision>> ReadView::head_at(ClusterNumber cluster,
                                                        Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    const engine::ReadTransaction& rows = *state_->rows;
    SNAPGATE_ASSIGN(const auto row, cluster_row(rows, cluster));
    if (!row) return std::optional<Revision>();
    if (row->head.revision <= revision) return std::optional(row->head.revision);
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek_back(head_key(cluster, revision).view()));
    if (!found || !cursor.key().starts_with(prefix.view())) return expired(revision);
    const Revision head = load_u64(cursor.key(), prefix.size());
    if (head < row->floor) return expired(revision);
    return std::optional(head);
}

base::Result<std::optional<int64_t>> ReadView::replaced_ms(ClusterNumber cluster,
                                                           Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    const engine::ReadTransaction& rows = *state_->rows;
    SNAPGATE_ASSIGN(auto row, cluster_row(rows, cluster));
    if (!row) return expired(revision);
    if (revision > row->head.revision) {
        return Error(Code::kFutureVersion, fmt::format("revision {} is above the cluster's head {}",
                                                       revision, row->head.revision));
    }
    if (revision < row->floor) return expired(revision);
    if (row->head.revision == revision) return std::optional<int64_t>();
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek_back(head_key(cluster, revision).view()));
    // The cluster did not exist before its first head.
    if (!found || !cursor.key().starts_with(prefix.view())) return expired(revision);
    SNAPGATE_ASSIGN(found, cursor.next(prefix.view()));
    if (!found) return corrupt_row("the row of a cluster's head");
    SNAPGATE_ASSIGN(const auto value, cursor.value());
    SNAPGATE_ASSIGN(HeadRow next, decode_head(value));
    return std::optional(next.since_ms);
}

base::Result<uint64_t> ReadView::count(ClusterNumber cluster, Kind kind) const {
    if (!state_->rows) return state_->rows.error();
    return count_row(*state_->rows, count_key(Table::kCount, cluster, kind));
}

base::Result<uint64_t> ReadView::bytes(ClusterNumber cluster, Kind kind) const {
    if (!state_->rows) return state_->rows.error();
    return count_row(*state_->rows, count_key(Table::kBytes, cluster, kind));
}

base::Result<uint64_t> ReadView::count(ClusterNumber cluster, Kind kind,
                                       std::string_view ns) const {
    if (!state_->rows) return state_->rows.error();
    if (!fits_key(ns, {})) return 0U;
    return count_row(*state_->rows, count_key(Table::kCount, cluster, kind, ns));
}

base::Result<std::optional<Found>> ReadView::get(ClusterNumber cluster, Kind kind,
                                                 std::string_view ns, std::string_view name,
                                                 Revision at) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    SNAPGATE_ASSIGN(auto found, find_version(cursor, cluster, kind, ns, name, at));
    return found;
}

base::Result<std::optional<Found>> ReadView::newest(ClusterNumber cluster, Kind kind,
                                                    std::string_view ns,
                                                    std::string_view name) const {
    SNAPGATE_ASSIGN(const std::optional<Head> newest_head, head(cluster));
    if (!newest_head) return std::optional<Found>();
    SNAPGATE_ASSIGN(auto found, get(cluster, kind, ns, name, newest_head->revision));
    if (found) return found;
    // Nobody knows what it was, so nobody may say that it does not exist.
    SNAPGATE_ASSIGN(const bool damaged, is_damaged(cluster, kind, ns, name));
    if (damaged) {
        return Error(Code::kCorrupt,
                     fmt::format("{} was damaged in the store, and a repair removed it: write it "
                                 "again or delete it",
                                 ns.empty() ? std::string(name) : fmt::format("{}/{}", ns, name)));
    }
    return found;
}

base::Result<bool> ReadView::is_damaged(ClusterNumber cluster, Kind kind, std::string_view ns,
                                        std::string_view name) const {
    if (!state_->rows) return state_->rows.error();
    if (!fits_key(ns, name)) return false;
    SNAPGATE_ASSIGN(const auto row, state_->rows->get(damaged_key(cluster, kind, ns, name).view()));
    return row.has_value();
}

base::Result<DamagedNames> ReadView::damaged_names(ClusterNumber cluster) const {
    if (!state_->rows) return state_->rows.error();
    DamagedNames names;
    const Key prefix = cluster_key(Table::kDamaged, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view(), prefix.view()));
    while (found) {
        SNAPGATE_TRY(cursor.value());
        const auto address = parse_damaged_key(cursor.key());
        if (address && names.count == 0)
            names.example = {std::string(address->ns), std::string(address->name)};
        ++names.count;
        SNAPGATE_ASSIGN(found, cursor.next(prefix.view()));
    }
    return names;
}

ReadView::Scan ReadView::scan(ClusterNumber cluster, Kind kind, Revision at, size_t budget) const {
    if (!state_->rows) return Scan(make_failed_scan(state_->rows.error()));
    auto cursor = state_->rows->cursor();
    if (!cursor) return Scan(make_failed_scan(std::move(cursor).error()));
    Scan scan(make_scan(std::move(*cursor), cluster, kind, at));
    scan.state_->budget = budget;
    return scan;
}

ReadView::Scan ReadView::scan_vm(ClusterNumber cluster, std::string_view vm, Revision at,
                                 size_t budget) const {
    if (!state_->rows) return Scan(make_failed_scan(state_->rows.error()));
    auto hints = state_->rows->cursor();
    if (!hints) return Scan(make_failed_scan(std::move(hints).error()));
    auto objects = state_->rows->cursor();
    if (!objects) return Scan(make_failed_scan(std::move(objects).error()));
    Scan scan(make_vm_scan(std::move(*hints), std::move(*objects), cluster, vm, at));
    scan.state_->budget = budget;
    return scan;
}

base::Result<std::vector<LogEntry>> ReadView::log(ClusterNumber cluster, Revision after,
                                                  Revision up_to, size_t max) const {
    if (!state_->rows) return state_->rows.error();
    const engine::ReadTransaction& rows = *state_->rows;
    SNAPGATE_ASSIGN(auto row, cluster_row(rows, cluster));
    std::vector<LogEntry> entries;
    if (!row || after < row->floor) return expired(after);
    // Nobody may see the changes of a stage.
    up_to = std::min(up_to, row->head.revision);
    if (after >= up_to || max == 0) return entries;
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    Key prefix = cluster_key(Table::kLog, cluster);
    SNAPGATE_ASSIGN(bool found, cursor.seek(log_key(cluster, after + 1).view(), prefix.view()));
    while (found) {
        SNAPGATE_ASSIGN(const auto row_text, cursor.value());
        LogRowReader reader(row_text);
        while (true) {
            SNAPGATE_ASSIGN(bool more, reader.next());
            if (!more) break;
            if (reader.entry().revision <= after) continue;
            if (reader.entry().revision > up_to) return entries;
            entries.push_back(reader.entry());
            if (entries.size() == max) return entries;
        }
        SNAPGATE_ASSIGN(found, cursor.next(prefix.view()));
    }
    return entries;
}

base::Result<std::optional<std::string>> ReadView::record(RecordType type,
                                                          std::string_view id) const {
    if (!state_->rows) return state_->rows.error();
    if (id.size() > kMaxRecordId) return std::optional<std::string>();
    SNAPGATE_ASSIGN(auto value,
                    state_->rows->get(record_key(static_cast<uint8_t>(type), id).view()));
    if (!value) return std::optional<std::string>();
    return std::optional<std::string>(*value);
}

base::Result<std::vector<std::pair<std::string, std::string>>> ReadView::records(
    RecordType type) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    return all_records(cursor, type);
}

ReadView Store::make_view(engine::Environment& environment) {
    return ReadView(std::make_unique<ReadState>(environment.read()));
}

}  // namespace snapgate::store

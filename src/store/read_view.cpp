#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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

base::Result<std::optional<ClusterRow>> cluster_row(const engine::ReadTransaction& rows,
                                                    ClusterNumber cluster) {
    SNAPGATE_ASSIGN(auto value, rows.get(cluster_key(Table::kCluster, cluster).view()));
    if (!value) return std::optional<ClusterRow>();
    SNAPGATE_ASSIGN(ClusterRow row, decode_cluster(*value));
    return std::optional(std::move(row));
}

Error expired(Revision revision) {
    return {
        Code::kExpired,
        fmt::format("revision {} is no longer kept; begin again at the newest state", revision)};
}

base::Result<uint64_t> count_row(const engine::ReadTransaction& rows, const Key& key) {
    SNAPGATE_ASSIGN(auto value, rows.get(key.view()));
    if (!value) return 0U;
    return decode_number(*value);
}

// A revision as resource versions of hosted clusters are written: decimal, no leading zero.
std::optional<Revision> parse_decimal(std::string_view text) {
    Revision revision = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), revision);
    if (failed != std::errc() || end != text.data() + text.size() || text.front() == '0')
        return std::nullopt;
    return revision;
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

base::Result<std::optional<int64_t>> ReadView::superseded_ms(ClusterNumber cluster,
                                                             Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    const engine::ReadTransaction& rows = *state_->rows;
    SNAPGATE_ASSIGN(auto row, cluster_row(rows, cluster));
    if (!row) return expired(revision);
    if (row->head.revision == revision) return std::optional<int64_t>();
    if (revision < row->floor || revision > row->head.revision) return expired(revision);
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    Key key = head_key(cluster, revision);
    SNAPGATE_ASSIGN(bool found, cursor.seek(key.view()));
    if (!found || cursor.key() != key.view()) return expired(revision);
    SNAPGATE_ASSIGN(found, cursor.next());
    if (!found || !cursor.key().starts_with(cluster_key(Table::kHead, cluster).view()))
        return corrupt_row("the row of a cluster's head");
    SNAPGATE_ASSIGN(HeadRow next, decode_head(cursor.value()));
    return std::optional(next.since_ms);
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
    SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view()));
    if (!found || !cursor.key().starts_with(prefix.view()))
        return corrupt_row("the row of a cluster's head");
    // Before its first head there was no cluster.
    if (load_u64(cursor.key(), prefix.size()) > revision) return expired(revision);
    SNAPGATE_ASSIGN(found, cursor.seek(head_key(cluster, revision + 1).view()));
    if (!found || !cursor.key().starts_with(prefix.view()))
        return corrupt_row("the row of a cluster's head");
    SNAPGATE_ASSIGN(HeadRow next, decode_head(cursor.value()));
    return std::optional(next.since_ms);
}

base::Result<std::optional<Revision>> ReadView::revision_of(ClusterNumber cluster,
                                                            std::string_view version) const {
    if (!state_->rows) return state_->rows.error();
    const engine::ReadTransaction& rows = *state_->rows;
    if (version.empty() || version.size() > kMaxListVersion) return std::optional<Revision>();
    SNAPGATE_ASSIGN(auto row, cluster_row(rows, cluster));
    if (!row) return std::optional<Revision>();
    SNAPGATE_ASSIGN(auto named, rows.get(version_key(cluster, version).view()));
    std::optional<Revision> revision;
    if (named) {
        SNAPGATE_ASSIGN(revision, decode_number(*named));
    } else if (auto decimal = parse_decimal(version)) {
        SNAPGATE_ASSIGN(auto value, rows.get(head_key(cluster, *decimal).view()));
        if (value) {
            SNAPGATE_ASSIGN(HeadRow head, decode_head(*value));
            if (head.version.empty()) revision = decimal;
        }
    }
    if (revision && *revision < row->floor) revision.reset();
    return revision;
}

base::Result<uint64_t> ReadView::count(ClusterNumber cluster, Kind kind) const {
    if (!state_->rows) return state_->rows.error();
    return count_row(*state_->rows, count_key(Table::kCount, cluster, kind));
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
    return find_version(cursor, cluster, kind, ns, name, at);
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
    // What a stage holds is nobody's to see.
    up_to = std::min(up_to, row->head.revision);
    if (after >= up_to || max == 0) return entries;
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    Key prefix = cluster_key(Table::kLog, cluster);
    SNAPGATE_ASSIGN(bool found, cursor.seek(log_key(cluster, after + 1).view()));
    while (found && cursor.key().starts_with(prefix.view())) {
        LogRowReader reader(cursor.value());
        while (true) {
            SNAPGATE_ASSIGN(bool more, reader.next());
            if (!more) break;
            if (reader.entry().revision <= after) continue;
            if (reader.entry().revision > up_to) return entries;
            entries.push_back(reader.entry());
            if (entries.size() == max) return entries;
        }
        SNAPGATE_ASSIGN(found, cursor.next());
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

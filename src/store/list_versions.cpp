// Finds the list version of a cluster's revision, and the revision of a list version.
#include <fmt/format.h>

#include <algorithm>

#include "base/decimal.h"
#include "store/keys.h"
#include "store/read_state.h"
#include "store/rows.h"
#include "store/store.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

std::string decimal(Revision revision) {
    return fmt::format_int(revision).str();
}

// Reads a revision in the form of a hosted cluster's resource version: decimal, without a leading
// zero.
std::optional<Revision> parse_decimal(std::string_view text) {
    return text.starts_with('0') ? std::nullopt : base::read_decimal(text);
}

// The first head from revision `from` on that has the version.
base::Result<std::optional<Revision>> first_head(const engine::ReadTransaction& rows,
                                                 ClusterNumber cluster, const ClusterRow& row,
                                                 Revision from, std::string_view version) {
    if (version.empty() || version.size() > kMaxListVersion) return std::optional<Revision>();
    std::optional<Revision> revision;
    if (!row.head.decimal) {
        SNAPGATE_ASSIGN(auto named, rows.get(version_key(cluster, version).view()));
        if (named) {
            SNAPGATE_ASSIGN(const VersionRow heads, decode_version_row(*named));
            // The first head may be out of reach before its row is removed.
            revision = heads.first;
            if (heads.first < from && heads.last >= from) {
                SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
                SNAPGATE_ASSIGN(revision, find_head(cursor, cluster, from, version));
            }
        }
    } else if (auto number = parse_decimal(version)) {
        SNAPGATE_ASSIGN(auto value, rows.get(head_key(cluster, *number).view()));
        if (value) revision = number;
    }
    if (revision && *revision < from) revision.reset();
    return revision;
}

// The first and the last head before which versions were forgotten.
base::Result<std::optional<VersionRow>> forgettings(const engine::ReadTransaction& rows,
                                                    ClusterNumber cluster) {
    SNAPGATE_ASSIGN(const auto value, rows.get(known_versions_key(cluster).view()));
    if (!value) return std::optional<VersionRow>();
    SNAPGATE_ASSIGN(const VersionRow row, decode_version_row(*value));
    return std::optional(row);
}

// The cluster's row, if the revision can be read.
base::Result<ClusterRow> row_for(const engine::ReadTransaction& rows, ClusterNumber cluster,
                                 Revision revision) {
    SNAPGATE_ASSIGN(auto row, cluster_row(rows, cluster));
    if (!row || revision < row->floor) return expired(revision);
    if (revision > row->head.revision) {
        return Error(Code::kFutureVersion, fmt::format("revision {} is above the cluster's head {}",
                                                       revision, row->head.revision));
    }
    return std::move(*row);
}

// A cursor on the first head at or after a revision that is not above the newest one.
base::Result<engine::Cursor> at_next_head(const engine::ReadTransaction& rows,
                                          ClusterNumber cluster, Revision revision) {
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek(head_key(cluster, revision).view()));
    if (!found || !cursor.key().starts_with(cluster_key(Table::kHead, cluster).view()))
        return corrupt_row("the row of a cluster's head");
    return cursor;
}

// The list version of the head that the cursor stands on.
base::Result<std::string> version_of_row(const engine::Cursor& cursor, const Key& prefix) {
    SNAPGATE_ASSIGN(const auto value, cursor.value());
    SNAPGATE_ASSIGN(const HeadRow head, decode_head(value));
    if (!head.version.empty()) return std::string(head.version);
    return decimal(load_u64(cursor.key(), prefix.size()));
}

}  // namespace

base::Result<std::optional<Revision>> ReadView::revision_of(ClusterNumber cluster,
                                                            std::string_view version) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(const auto row, cluster_row(*state_->rows, cluster));
    if (!row) return std::optional<Revision>();
    SNAPGATE_ASSIGN(const auto forgotten, forgettings(*state_->rows, cluster));
    const Revision from = std::max(row->floor, forgotten ? forgotten->last : 0);
    return first_head(*state_->rows, cluster, *row, from, version);
}

base::Result<std::optional<Revision>> ReadView::goes_on_from(ClusterNumber cluster,
                                                             std::string_view version) const {
    SNAPGATE_ASSIGN(const auto revision, revision_of(cluster, version));
    if (!revision) return revision;
    const engine::ReadTransaction& rows = *state_->rows;
    SNAPGATE_ASSIGN(const auto row, cluster_row(rows, cluster));
    SNAPGATE_ASSIGN(const auto forgotten, forgettings(rows, cluster));
    if (!row || !forgotten) return revision;
    SNAPGATE_ASSIGN(const auto first, first_head(rows, cluster, *row, row->floor, version));
    if (!first || *first >= forgotten->last) return revision;
    const bool more_than_once =
        forgotten->first < forgotten->last && forgotten->first >= row->floor;
    if (more_than_once) return first;
    // It is enough to go on from the head before the list that was taken in after the restore. A
    // client with the first state could only miss a change that came after that state and that the
    // list contains, too, so that the list did not write it again. But such a change is no newer
    // than the list, so it is not later than the first state. The list's own changes are therefore
    // enough, and they show no object that is gone.
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, rows.cursor());
    SNAPGATE_ASSIGN(const bool found,
                    cursor.seek_back(head_key(cluster, forgotten->last - 1).view()));
    if (!found || !cursor.key().starts_with(prefix.view())) return revision;
    return std::optional(load_u64(cursor.key(), prefix.size()));
}

base::Result<std::string> ReadView::version_at(ClusterNumber cluster, Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(const ClusterRow row, row_for(*state_->rows, cluster, revision));
    if (row.head.decimal) return decimal(revision);
    if (revision == row.head.revision) return row.head.version;
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek_back(head_key(cluster, revision).view()));
    // The cluster did not exist before its first head.
    if (!found || !cursor.key().starts_with(prefix.view())) return expired(revision);
    return version_of_row(cursor, prefix);
}

base::Result<std::string> ReadView::visible_version(ClusterNumber cluster,
                                                    Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(const ClusterRow row, row_for(*state_->rows, cluster, revision));
    if (row.head.decimal) return decimal(revision);
    SNAPGATE_ASSIGN(const engine::Cursor cursor, at_next_head(*state_->rows, cluster, revision));
    return version_of_row(cursor, cluster_key(Table::kHead, cluster));
}

base::Result<Revision> ReadView::published_at(ClusterNumber cluster, Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_TRY(row_for(*state_->rows, cluster, revision));
    SNAPGATE_ASSIGN(const engine::Cursor cursor, at_next_head(*state_->rows, cluster, revision));
    return load_u64(cursor.key(), cluster_key(Table::kHead, cluster).size());
}

}  // namespace snapgate::store

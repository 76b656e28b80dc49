// Which list version belongs to which revision of a cluster, and the other way round.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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

// A revision as resource versions of hosted clusters are written: decimal, no leading zero.
std::optional<Revision> parse_decimal(std::string_view text) {
    Revision revision = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), revision);
    if (failed != std::errc() || end != text.data() + text.size() || text.front() == '0')
        return std::nullopt;
    return revision;
}

// What the list version of a revision is found by: the cluster's row, if the revision can be read.
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

// The list version of the head that the cursor stands on.
base::Result<std::string> version_of_row(const engine::Cursor& cursor, const Key& prefix) {
    SNAPGATE_ASSIGN(const HeadRow head, decode_head(cursor.value()));
    if (!head.version.empty()) return std::string(head.version);
    return decimal(load_u64(cursor.key(), prefix.size()));
}

}  // namespace

base::Result<std::optional<Revision>> ReadView::revision_of(ClusterNumber cluster,
                                                            std::string_view version) const {
    if (!state_->rows) return state_->rows.error();
    const engine::ReadTransaction& rows = *state_->rows;
    if (version.empty() || version.size() > kMaxListVersion) return std::optional<Revision>();
    SNAPGATE_ASSIGN(auto row, cluster_row(rows, cluster));
    if (!row) return std::optional<Revision>();
    std::optional<Revision> revision;
    Revision from = row->floor;
    if (!row->head.decimal) {
        SNAPGATE_ASSIGN(auto known_from, rows.get(known_versions_key(cluster).view()));
        if (known_from) {
            SNAPGATE_ASSIGN(const VersionRow known, decode_version_row(*known_from));
            from = std::max(from, known.first);
        }
        SNAPGATE_ASSIGN(auto named, rows.get(version_key(cluster, version).view()));
        if (named) {
            SNAPGATE_ASSIGN(const VersionRow heads, decode_version_row(*named));
            // The first may be out of reach before it is removed.
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

base::Result<std::string> ReadView::version_at(ClusterNumber cluster, Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(const ClusterRow row, row_for(*state_->rows, cluster, revision));
    if (row.head.decimal) return decimal(revision);
    if (revision == row.head.revision) return row.head.version;
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek_back(head_key(cluster, revision).view()));
    // Before its first head there was no cluster.
    if (!found || !cursor.key().starts_with(prefix.view())) return expired(revision);
    return version_of_row(cursor, prefix);
}

base::Result<std::string> ReadView::visible_version(ClusterNumber cluster,
                                                    Revision revision) const {
    if (!state_->rows) return state_->rows.error();
    SNAPGATE_ASSIGN(const ClusterRow row, row_for(*state_->rows, cluster, revision));
    if (row.head.decimal) return decimal(revision);
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(engine::Cursor cursor, state_->rows->cursor());
    SNAPGATE_ASSIGN(const bool found, cursor.seek(head_key(cluster, revision).view()));
    if (!found || !cursor.key().starts_with(prefix.view()))
        return corrupt_row("the row of a cluster's head");
    return version_of_row(cursor, prefix);
}

}  // namespace snapgate::store

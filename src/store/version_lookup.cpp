#include <fmt/format.h>

#include "store/keys.h"
#include "store/read_state.h"
#include "store/rows.h"

namespace snapgate::store {

base::Result<std::optional<ClusterRow>> cluster_row(const engine::ReadTransaction& rows,
                                                    ClusterNumber cluster) {
    SNAPGATE_ASSIGN(auto value, rows.get(cluster_key(Table::kCluster, cluster).view()));
    if (!value) return std::optional<ClusterRow>();
    SNAPGATE_ASSIGN(ClusterRow row, decode_cluster(*value));
    return std::optional(std::move(row));
}

base::Result<std::optional<Revision>> find_head(engine::Cursor& cursor, ClusterNumber cluster,
                                                Revision from, std::string_view version) {
    const Key prefix = cluster_key(Table::kHead, cluster);
    SNAPGATE_ASSIGN(bool found, cursor.seek(head_key(cluster, from).view(), prefix.view()));
    while (found) {
        SNAPGATE_ASSIGN(const auto value, cursor.value());
        SNAPGATE_ASSIGN(const HeadRow head, decode_head(value));
        if (head.version == version) return std::optional(load_u64(cursor.key(), prefix.size()));
        SNAPGATE_ASSIGN(found, cursor.next(prefix.view()));
    }
    return std::optional<Revision>();
}

base::Error expired(Revision revision) {
    return {
        base::Code::kExpired,
        fmt::format("revision {} is no longer kept; begin again at the newest state", revision)};
}

base::Result<std::optional<Found>> find_version(engine::Cursor& cursor, ClusterNumber cluster,
                                                Kind kind, std::string_view ns,
                                                std::string_view name, Revision at) {
    if (!fits_key(ns, name)) return std::optional<Found>();
    Key key = object_key(cluster, kind, ns, name, at);
    const std::string_view object = key.view().substr(0, key.size() - sizeof(Revision));
    SNAPGATE_ASSIGN(const bool any, cursor.find(key.view(), object));
    if (!any || cursor.key().size() != key.size()) return std::optional<Found>();
    SNAPGATE_ASSIGN(const auto value, cursor.value());
    SNAPGATE_ASSIGN(auto stored, decode_version(value));
    if (!stored) return std::optional<Found>();
    auto address = parse_object_key(cursor.key());
    if (!address) return corrupt_row("the key of an object");
    return std::optional(Found{address->ns, address->name, address->revision, *stored});
}

base::Result<std::vector<std::pair<std::string, std::string>>> all_records(engine::Cursor& cursor,
                                                                           RecordType type) {
    std::vector<std::pair<std::string, std::string>> records;
    Key prefix = record_key(static_cast<uint8_t>(type), {});
    SNAPGATE_ASSIGN(bool found, cursor.seek(prefix.view(), prefix.view()));
    while (found) {
        SNAPGATE_ASSIGN(const auto value, cursor.value());
        records.emplace_back(cursor.key().substr(prefix.size()), value);
        SNAPGATE_ASSIGN(found, cursor.next(prefix.view()));
    }
    return records;
}

}  // namespace snapgate::store

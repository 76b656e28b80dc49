#include "store/damage.h"

#include <fmt/format.h>

#include <utility>

#include "base/quote.h"
#include "store/keys.h"

namespace snapgate::store {
namespace {

constexpr size_t kShownBytes = 400;

// For people.
std::string_view name_of(Table table) {
    switch (table) {
        case Table::kMeta:
            return "the store's own row";
        case Table::kRecord:
            return "a record of the registry";
        case Table::kCluster:
            return "the row of a cluster";
        case Table::kSweep:
            return "the row of a deleted cluster";
        case Table::kHead:
            return "a head";
        case Table::kVersion:
            return "a list version";
        case Table::kCount:
        case Table::kStaged:
            return "a count of objects";
        case Table::kLog:
            return "a row of the log";
        case Table::kIndex:
            return "a row of the index by VM";
        case Table::kObject:
            return "an object";
        case Table::kDamaged:
            return "the name of an object that a repair removed";
        case Table::kNote:
            return "a note about owners";
        case Table::kAudit:
            return "a line of the audit trail";
        case Table::kBytes:
        case Table::kStagedBytes:
            return "a sum of objects' sizes";
    }
    return "a row of no known table";
}

}  // namespace

std::optional<ClusterNumber> cluster_of_row(std::string_view key) {
    if (key.size() < 1 + sizeof(ClusterNumber)) return std::nullopt;
    const auto table = static_cast<Table>(key[0]);
    if (!is_of_clusters(table)) return std::nullopt;
    return load_u32(key, 1);
}

DamagedRow describe_row(std::string_view key) {
    DamagedRow row;
    const auto table = static_cast<Table>(key.empty() ? 0 : key[0]);
    row.what = name_of(table);
    row.cluster = cluster_of_row(key);
    if (table == Table::kObject) {
        if (const auto address = parse_object_key(key)) {
            row.key = {std::string(address->ns), std::string(address->name)};
            row.what = fmt::format("version {} of the object {}", address->revision,
                                   base::quote(row.key.ns + "/" + row.key.name, kShownBytes));
        }
    } else if (table == Table::kRecord && key.size() > 2) {
        row.what = fmt::format("the registry's record {}", base::quote(key.substr(2), kShownBytes));
    }
    return row;
}

base::Error Damage::found(std::string_view key, engine::Fault fault) {
    count_.fetch_add(1, std::memory_order_relaxed);
    DamagedRow row = describe_row(key);
    row.of_page = fault == engine::Fault::kPage;
    std::function<void(const DamagedRow&)> listener;
    {
        const base::MutexLock lock(mutex_);
        listener = listener_;
    }
    if (listener) listener(row);
    return {
        base::Code::kCorrupt,
        fmt::format("the store is damaged: {}{}{} {}", row.of_page ? "the page of " : "", row.what,
                    row.cluster ? fmt::format(" of the cluster with number {}", *row.cluster)
                                : std::string(),
                    row.of_page ? "lacks rows" : "does not have its checksum")};
}

void Damage::tell(std::function<void(const DamagedRow&)> listener) {
    const base::MutexLock lock(mutex_);
    listener_ = std::move(listener);
}

}  // namespace snapgate::store

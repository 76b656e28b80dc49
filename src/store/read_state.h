#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/transaction.h"
#include "store/rows.h"
#include "store/store.h"

namespace snapgate::store {

// The state of a ReadView. Beginning a read may fail (no reader slot left, a broken disk); then
// every call on the view returns that error.
struct ReadState {
    explicit ReadState(base::Result<engine::ReadTransaction> begun) : rows(std::move(begun)) {}

    base::Result<engine::ReadTransaction> rows;
};

// One walk over the objects of a view. Each row costs one of the budget. The walk stops only
// between two objects, so each view makes progress, however small the budget.
struct ScanState {
    ScanState() = default;
    ScanState(const ScanState&) = delete;
    ScanState& operator=(const ScanState&) = delete;
    virtual ~ScanState() = default;

    virtual base::Result<bool> seek(std::string_view ns, std::string_view name) = 0;
    virtual base::Result<bool> next() = 0;

    bool spent() const { return looked_at > 0 && looked_at >= budget; }
    // Stops before the object (ns, name), for want of budget.
    bool give_up(std::string_view ns, std::string_view name) {
        exhausted = true;
        resume_key.ns = ns;
        resume_key.name = name;
        return false;
    }

    Found found;
    size_t budget = SIZE_MAX;
    size_t looked_at = 0;
    bool exhausted = false;
    model::ObjectKey resume_key;  // set when exhausted
};

// The row of a cluster; nullopt if there is no such cluster.
base::Result<std::optional<ClusterRow>> cluster_row(const engine::ReadTransaction& rows,
                                                    ClusterNumber cluster);

// The first head of a cluster from revision `from` on whose list version is `version`. Reads all
// heads from there on: only for the rare version that several heads have.
base::Result<std::optional<Revision>> find_head(engine::Cursor& cursor, ClusterNumber cluster,
                                                Revision from, std::string_view version);

// The error for a revision that can no longer be read.
base::Error expired(Revision revision);

// The newest version of an object that is not later than `at`, by one seek of `cursor`; nullopt if
// there is none or it is a tombstone. The texts of the result are views into the cursor's row.
base::Result<std::optional<Found>> find_version(engine::Cursor& cursor, ClusterNumber cluster,
                                                Kind kind, std::string_view ns,
                                                std::string_view name, Revision at);

// Every record of a type, by id.
base::Result<std::vector<std::pair<std::string, std::string>>> all_records(engine::Cursor& cursor,
                                                                           RecordType type);

std::unique_ptr<ScanState> make_scan(engine::Cursor cursor, ClusterNumber cluster, Kind kind,
                                     Revision at);
std::unique_ptr<ScanState> make_vm_scan(engine::Cursor hints, engine::Cursor objects,
                                        ClusterNumber cluster, std::string_view vm, Revision at);
// A walk whose every step fails with `error`.
std::unique_ptr<ScanState> make_failed_scan(base::Error error);

}  // namespace snapgate::store

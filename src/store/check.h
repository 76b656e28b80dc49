#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/types.h"

namespace snapgate::store {

// What a check of a data directory found, in all.
struct CheckSummary {
    uint64_t faults = 0;
    uint64_t pages = 0;  // of the data file
    uint64_t free_pages = 0;
    uint64_t stray_pages = 0;  // neither used nor free: lost room, and no fault
    uint64_t rows = 0;
    uint64_t format = 0;  // of the rows; 0 if it was not read, or there are no rows
    // Whether the rows were held against each other: only if the pages are in order, and the format
    // is the present one.
    bool rows_checked = false;
};

// Takes a sentence that says what is wrong and where.
using FaultSink = std::function<void(std::string_view)>;

// Checks the store of a data directory whose server is down: its data file as a start does, and
// then every page. Passes each fault to `tell`; of very many only the first ones, then their
// number. Changes nothing, but makes the file `lock` if it is missing. kUnavailable if the
// directory is in use.
base::Result<CheckSummary> check_store(const std::filesystem::path& directory,
                                       const FaultSink& tell);

// An object that a repair removed, because its newest version was damaged or missing.
struct RemovedObject {
    model::ClusterNumber cluster = 0;
    model::Kind kind = model::Kind::kSnapshot;
    model::ObjectKey key;
};

// What a repair did.
struct RepairSummary {
    CheckSummary found;     // of the check before it
    uint64_t clusters = 0;  // that were mended
    std::vector<RemovedObject> removed;
    uint64_t damaged_rows = 0;
    std::filesystem::path file;  // holds these rows (damaged_file.h); "" if there are none
    CheckSummary left;           // of the check after it
};

// Checks the store of a data directory whose server is down, as check_store(), mends its rows if
// that is needed (repair.h), and checks it again. Passes the faults of both checks to `tell`.
// kUnavailable if the directory is in use; kCorrupt for what cannot be repaired; kStorageFull.
// After an error the store is as it was.
base::Result<RepairSummary> repair_store(const std::filesystem::path& directory,
                                         const FaultSink& tell);

}  // namespace snapgate::store

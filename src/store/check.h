#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

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

}  // namespace snapgate::store

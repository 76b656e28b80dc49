#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// A check of every page of a data file before LMDB follows what the pages say: LMDB trusts them,
// and a damaged page can lead it anywhere. This code reads the file by system calls and trusts
// nothing.
namespace snapgate::engine {

struct PageFault {
    uint64_t offset = 0;  // in bytes from the beginning of the file
    uint64_t page = 0;
    std::string what;  // "its flags are 0x0, ...": about the page
};

// Keys from `from` on and below `to`; to the end without `to`.
struct KeyRange {
    std::string from;
    std::optional<std::string> to;
};

inline constexpr size_t kMostPageFaults = 100;
inline constexpr size_t kMostLostRanges = 10'000;

struct PageReport {
    std::vector<PageFault> faults;  // the first kMostPageFaults
    uint64_t fault_count = 0;
    // The ranges in which rows may be missing among those that were visited, in order.
    std::vector<KeyRange> lost;  // the first kMostLostRanges
    bool lost_is_complete = true;
    uint64_t page_bytes = 0;
    uint64_t pages = 0;       // in the file
    uint64_t used_pages = 0;  // meta pages and pages of trees
    uint64_t free_pages = 0;
    uint64_t stray_pages = 0;  // neither used nor free; they cost room and nothing else
    uint64_t rows = 0;

    bool clean() const { return fault_count == 0; }
};

using RowVisitor = std::function<void(std::string_view key, std::string_view value)>;

// Where a check of a part of the rows ended, and what it found.
struct PartReport {
    std::vector<PageFault> faults;  // the first kMostPageFaults
    uint64_t fault_count = 0;
    uint64_t rows = 0;
    std::optional<std::string> next;  // the key that the next part begins with; nullopt at the end
};

// Checks the pages of the newest commit that lead to the rows from key `from` on, and these rows,
// until about `most_bytes` were read. Calls `visit` as check_pages does. The file may be written
// meanwhile, if the caller holds a read transaction of it since before the call: what that
// transaction or a later one can see is not overwritten. kUnavailable if the file cannot be opened.
base::Result<PartReport> check_part(const std::filesystem::path& path, std::string_view from,
                                    uint64_t most_bytes, const RowVisitor& visit);

// Checks the newest commit of a data file: both meta pages, each page of its trees, and the list of
// free pages against the pages in use. Damage is in the report, also that of the meta pages; then,
// if one of them can be used, the check goes on from there. kUnavailable if the file cannot be
// opened. Calls `visit`, if there is one, for every row that can be read, in order of keys where
// the file is in order; what it says of values is only as good as the file. Reads each page once;
// takes one bit of memory per page. Nobody may write the file meanwhile.
base::Result<PageReport> check_pages(const std::filesystem::path& path,
                                     const RowVisitor& visit = {});

}  // namespace snapgate::engine

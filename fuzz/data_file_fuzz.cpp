// The check of a data file ends, whatever is in the file; and a file that it calls clean is one
// that LMDB opens and reads to the end.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "check.h"
#include "engine/data_file.h"
#include "engine/environment.h"
#include "engine/page_check.h"

namespace {

namespace engine = snapgate::engine;
using snapgate::fuzz::check;
using Rows = std::map<std::string, std::string>;

// A directory of this process, for the file that LMDB opens.
struct Directory {
    Directory()
        : path(std::filesystem::temp_directory_path() /
               ("snapgate-data-file-fuzz-" + std::to_string(::getpid()))) {
        std::filesystem::create_directory(path);
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    std::filesystem::path path;
};

Rows read_by_lmdb(const std::filesystem::path& directory) {
    Rows rows;
    auto opened = engine::Environment::open({directory, 64 << 20, 8, false});
    check(opened.has_value(), "a clean file opens");
    auto txn = (*opened)->read();
    check(txn.has_value(), "a clean file can be read");
    auto cursor = txn->cursor();
    check(cursor.has_value(), "a clean file has a cursor");
    auto found = cursor->seek(std::string_view("\0", 1));
    for (; found && *found; found = cursor->next()) rows.emplace(cursor->key(), cursor->stored());
    check(found.has_value(), "a clean file is read to its end");
    return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    static const Directory directory;
    const std::filesystem::path file = directory.path / "data.mdb";
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    Rows rows;
    auto report = engine::check_pages(
        file, [&rows](std::string_view key, std::string_view value) { rows.emplace(key, value); });
    check(report.has_value(), "the file can be opened");
    check(report->faults.size() == std::min<uint64_t>(report->fault_count, engine::kMostPageFaults),
          "faults are counted and kept");
    auto start = engine::look_at_data_file(file);
    if (!report->clean()) return 0;
    check(start.has_value(), "the start takes a file that is clean");
    check(report->used_pages + report->free_pages + report->stray_pages <= report->pages,
          "no page is counted twice");
    check(report->rows == rows.size(), "each row is visited once");
    check(read_by_lmdb(directory.path) == rows, "LMDB reads the rows that the check saw");
    return 0;
}

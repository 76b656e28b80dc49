#pragma once

#include <cstddef>
#include <filesystem>

#include "base/result.h"

namespace snapgate::engine {

// What can be said of LMDB's files before LMDB maps them into memory. A page in the map that the
// file does not have is no error but a SIGBUS, so all of it is read and written by system calls.
// The caller keeps other processes out.

enum class DataFile {
    kMissing,
    kEmpty,  // no bytes: what is left where the first opening was cut off
    kStore,  // its newest commit is whole, as far as the file's length tells
};

// Looks at `file`, which LMDB would open. kCorrupt, with what to do, for one that is cut short, is
// no store of LMDB's, or has another format than this LMDB reads. Cheap, but for a file that is
// shorter than its newest commit: its pages that are free need not be there, and their list is
// read.
base::Result<DataFile> look_at_data_file(const std::filesystem::path& file);

// Takes the room on disk for a lock file with places for `max_readers`, and for the first pages of
// a new data file. kStorageFull where there is none.
base::Result<void> take_room(const std::filesystem::path& directory, size_t max_readers,
                             DataFile data_file);

}  // namespace snapgate::engine

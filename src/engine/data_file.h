#pragma once

#include <cstddef>
#include <filesystem>

#include "base/result.h"

namespace snapgate::engine {

// Checks of LMDB's files before LMDB maps them into memory. Access to a mapped page that the file
// does not have is not an error but a SIGBUS, so this code reads and writes only by system calls.
// The caller keeps other processes out.

enum class DataFile {
    kMissing,
    kEmpty,  // no bytes: the first opening was cut off
    kStore,  // its newest commit is complete, as far as the file's length tells
};

// Looks at the file at `path`, which LMDB would open. kCorrupt, with advice, if it is cut short, is
// not LMDB's, or has a format that this LMDB does not read. Cheap, unless the file is shorter than
// its newest commit: free pages need not be in the file, so then the list of free pages is read.
base::Result<DataFile> look_at_data_file(const std::filesystem::path& path);

// Allocates the room on disk for a lock file with places for `max_readers`, and for the first pages
// of a new data file. kStorageFull if the disk has no room.
base::Result<void> take_room(const std::filesystem::path& directory, size_t max_readers,
                             DataFile data_file);

// Writes the two meta pages of a store to disk as the system shows them now, for they may differ
// from what is on the disk: after a commit whose last write failed, and after a process that was
// killed in a commit. Otherwise a later power cut would leave the meta page of one commit with the
// pages of another. kStorageFull, or kUnavailable, if that cannot be written.
base::Result<void> settle_meta_pages(const std::filesystem::path& path);

}  // namespace snapgate::engine

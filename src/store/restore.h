#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace snapgate::store {

// What is done with a backup.
struct RestoreOptions {
    std::filesystem::path directory;  // where `store/` is made; exists and has none
    uint64_t map_bytes = 256ULL << 30;
    int64_t now_ms = 0;
    Revision above = 0;  // the new revisions are
    // The backup is one of a copy of a truth that was elsewhere (Store::replicates), and the new
    // store becomes that truth: its hosted clusters count their versions from here on.
    bool of_copy = false;
    // Whether a record is kept.
    std::function<bool(RecordType, std::string_view id, std::string_view value)> keep_record;
};

struct Restored {
    int64_t made_ms = 0;            // the time of the backup
    std::vector<BackupFile> files;  // that were in it
    uint64_t clusters = 0;          // of the registry
    uint64_t snapshots = 0;
    Revision first_revision = 0;  // the first of the new revisions
};

// Makes a store from a backup. `next` returns the backup's pieces, the last one empty.
//
// The store gets an id of its own. Revisions go on far above those of the backup: above everything
// that the lost server may have given out since, and above those of every other restore of the same
// backup. Each cluster gets a head there, and no history, so tokens and watches from before begin
// anew instead of going on past a gap. Resource versions of connected clusters stay the clusters'.
//
// kCorrupt for what is no backup or is damaged, kUnavailable for a format that is newer,
// kStorageFull. A store that could not be finished is removed.
base::Result<Restored> restore_store(const RestoreOptions& options,
                                     const std::function<base::Result<std::string_view>()>& next);

}  // namespace snapgate::store

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "app/settings.h"
#include "base/result.h"

namespace snapgate::app {

// What a data directory held, or holds, after it was moved.
struct Migrated {
    uint64_t projects = 0;
    uint64_t clusters = 0;
    uint64_t keys = 0;
    uint64_t objects = 0;  // of all kinds; 0 where an earlier run moved them
    bool before = false;   // an earlier run had moved everything
};

// What is being done, and how many objects it was done with so far.
using MigrateProgress = std::function<void(const std::string& what, uint64_t objects)>;

// Moves the registry and the hosted objects of a stopped server's data directory below the prefix
// of etcd (Settings::etcd), as replica::move_in. The directory is left as it is, but for a file
// that keeps a server without --etcd from working with it again.
//
// kInvalidParameter if this is no data directory, kUnavailable if it is in use, kConflict if the
// prefix holds something else, kForbidden for another secret.
base::Result<Migrated> migrate_to_etcd(const Settings& settings, const MigrateProgress& told);

// Moves what is below the prefix into a new data directory, as replica::move_out. The directory
// appears when it is complete; it has no admin.key. kAlreadyExists unless it does not exist or is
// empty.
base::Result<Migrated> migrate_to_directory(const Settings& settings, const MigrateProgress& told);

// kConflict if the directory was moved into etcd: a server without --etcd would go on with what it
// held then.
base::Result<void> check_not_moved(const std::filesystem::path& data_dir);

}  // namespace snapgate::app

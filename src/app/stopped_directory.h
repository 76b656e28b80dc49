#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/data_directory.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/check.h"

// What is done with the data directory of a server that is down. Each of these locks it meanwhile.
namespace snapgate::app {

// What becomes of a store of an earlier version.
enum class Migration { kMade, kRefused };

// Opens the directory as it is. kInvalidParameter if it is none, kUnavailable if it is in use, or
// its store would have to be migrated and may not be.
base::Result<std::unique_ptr<DataDirectory>> open_stopped(const std::filesystem::path& data_dir,
                                                          Migration migration = Migration::kMade);

// Writes the data file anew, without its free pages. Returns the bytes before and after. Errors as
// open_stopped(), and kStorageFull.
base::Result<std::pair<uint64_t, uint64_t>> shrink_stopped(const std::filesystem::path& data_dir);

// Makes a key for an admin who lost the last key. `project` is a uid or a name, "" for the tenant.
// Returns the key's text. Errors as open_stopped().
base::Result<std::string> create_key_in_stopped(const std::filesystem::path& data_dir,
                                                std::string_view name, std::string_view role,
                                                std::string_view project,
                                                std::optional<base::Millis> expires);

// Checks the store, as store::check_store. kInvalidParameter if no server ever left anything in
// `data_dir`.
base::Result<store::CheckSummary> check_stopped(const std::filesystem::path& data_dir,
                                                const store::FaultSink& tell);

// An object that a repair removed from the store.
struct RemovedObject {
    std::string cluster;  // its name and uid
    std::string what;     // namespace/name, or the namespace that it was
};

// What a repair did.
struct Repaired {
    store::RepairSummary summary;
    std::vector<RemovedObject> removed;
};

// Repairs the store, as store::repair_store. Errors as check_stopped().
base::Result<Repaired> repair_stopped(const std::filesystem::path& data_dir,
                                      const store::FaultSink& tell);

}  // namespace snapgate::app

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "engine/environment.h"

namespace snapgate::store {

// Brings the store of `directory` from an older format to the present one: its rows are read in
// order and written into a new file, which then takes the old one's place. The old one stays, as
// `backup-format-N`, and is the way back to the older snapgate. Memory is constant, the room needed
// that of the store. Progress goes to the log. A migration that was cut off, at whatever moment, is
// begun again or finished by the next start.
//
// `from`: the format of `old`, which is the environment of `<directory>/store` and is closed.
// kStorageFull without room, kUnavailable for a format that cannot be migrated or where the backup
// would take the place of something.
base::Result<void> migrate_store(std::unique_ptr<engine::Environment> old, uint64_t from,
                                 const std::filesystem::path& directory, uint64_t map_bytes);

// Puts the new file in the old one's place, if an earlier process ended between the two renamings.
// Before the store is opened.
base::Result<void> finish_migration(const std::filesystem::path& directory);

}  // namespace snapgate::store

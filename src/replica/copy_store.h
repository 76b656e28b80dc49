#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/store.h"

// The store that holds a replica's copy. It is a cache: one that is of another truth, or damaged,
// is removed and built again. The file `copy` beside its data says that it is one, so that this can
// be done where nothing else of it can be read.
namespace snapgate::replica {

// Opens or makes it. A new one has yet to become complete. Lines of the audit trail that were not
// written out yet are taken over from a damaged one, as far as they can be read. kConflict for a
// store that is no copy, which is left as it is.
base::Result<std::unique_ptr<store::Store>> open_copy(store::StoreOptions options,
                                                      const std::string& truth);

// The next open_copy() removes the copy in this directory.
void mark_damaged(const std::filesystem::path& directory);
// The same, and ends the process with status 1. What starts it again has it build the copy anew;
// what clients have been told is in etcd. Turned down: mending rows under requests. It needs a
// second way to write each table of the store, for what a restart does with none.
[[noreturn]] void end_for_damage(const std::filesystem::path& directory);

}  // namespace snapgate::replica

#pragma once

#include <filesystem>

#include "base/result.h"

namespace snapgate::base {

// Writes a folder's entries to disk: a file that was made or renamed in it survives a power cut
// only then. "" is the present folder. kInternal.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace snapgate::base

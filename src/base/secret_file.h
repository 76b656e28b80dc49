#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::base {

// Writes `bytes` to `file` with mode 0600, in one step: a reader (or a crash) sees the old file or
// the new one, never a part. At no moment can another user read it.
Result<void> write_secret(const std::filesystem::path& file, std::string_view bytes);

// Writes `file` in this way if it does not exist; if it does, returns false and writes nothing.
Result<bool> make_secret(const std::filesystem::path& file, std::string_view bytes);

// Reads a secret of `size` bytes. kNotFound if the file is missing, kCorrupt if it has another
// size, kForbidden if others may read it (file_rights.h).
Result<std::string> read_secret(const std::filesystem::path& file, size_t size);
// Reads a secret in this way; if the file is missing, makes it with random bytes. If several
// processes do this at once, one of them makes the file, and all return its content.
Result<std::string> read_or_make_secret(const std::filesystem::path& file, size_t size);

}  // namespace snapgate::base

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::base {

// Writes `bytes` to `file` with mode 0600, in one step: a reader (or a crash) sees the old file or
// the new one, never a part, and nobody else can read it at any moment.
Result<void> write_secret(const std::filesystem::path& file, std::string_view bytes);

// The same, of a file that is not there yet; false, and nothing is written, where there is one.
Result<bool> make_secret(const std::filesystem::path& file, std::string_view bytes);

// Reads the `size` bytes of a secret. kNotFound where the file is missing, kCorrupt if it has
// another size, kForbidden if others than its owner may read it.
Result<std::string> read_secret(const std::filesystem::path& file, size_t size);
// The same, made at random where the file is missing. Of several processes that make it at once one
// does; all return the same.
Result<std::string> read_or_make_secret(const std::filesystem::path& file, size_t size);

}  // namespace snapgate::base

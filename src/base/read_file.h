#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace snapgate::base {

// The content of a file of at most `most` bytes. kUnavailable with the system's reason, kTooLarge
// for a larger one. The message does not name the file: callers say what it is to them.
Result<std::string> read_file(const std::filesystem::path& file, size_t most);
// What is left of an open file, in the same way.
Result<std::string> read_open_file(int fd, size_t most);

}  // namespace snapgate::base

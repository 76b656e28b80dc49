#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "remote/failure.h"

namespace snapgate::cli {

// What messages call a file that may be "-", standard input.
std::string input_name(const std::string& file);

// A whole file. kUsage if it cannot be read or is larger; the message calls it `what` and its name:
// "cannot read the CA ca.crt: ...".
Outcome<std::string> read_file(const std::string& file, size_t max_bytes, std::string_view what);
// Like read_file(), without a `what`; "-" is standard input.
Outcome<std::string> read_file_or_input(const std::string& file, size_t max_bytes);

}  // namespace snapgate::cli

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::cli {

// The command line that was typed (the program first), with `--continue token` in the place of its
// own, as a line to paste into a shell.
std::string line_that_goes_on(const std::vector<std::string>& typed, std::string_view token);

}  // namespace snapgate::cli

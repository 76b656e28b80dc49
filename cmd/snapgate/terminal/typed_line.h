#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::cli {

// The command line that was typed (the program first), with `--continue token` added, or in place
// of its own --continue: a line to paste into a shell.
std::string continuing_line(const std::vector<std::string>& typed, std::string_view token);

}  // namespace snapgate::cli

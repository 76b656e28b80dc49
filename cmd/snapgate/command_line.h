#pragma once

#include <string>
#include <vector>

#include "command.h"

namespace snapgate::cli {

// Reads the command line (without the program's name), runs the command, says what went wrong, and
// returns what the process ends with. `serve` is not served here.
Exit run_command_line(std::vector<std::string> arguments, Shell& shell);

}  // namespace snapgate::cli

#pragma once

#include "commands/command.h"

namespace snapgate::cli {

// Reads the command line `shell.typed`, runs the command, says what went wrong, and returns what
// the process ends with.
Exit run_command_line(Shell& shell);

}  // namespace snapgate::cli

#pragma once

#include <CLI/App.hpp>

#include "commands/command.h"

namespace snapgate::cli {

// `create snapshot`: asks for a snapshot of a VM.
void add_create_snapshot(CLI::App& create, Action& chosen);

}  // namespace snapgate::cli

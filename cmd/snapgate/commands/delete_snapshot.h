#pragma once

#include <CLI/App.hpp>

#include "commands/command.h"

namespace snapgate::cli {

// `delete snapshot`: deletes snapshots, or says what holds them.
void add_delete_snapshot(CLI::App& parent, Action& chosen);

}  // namespace snapgate::cli

#pragma once

#include <CLI/App.hpp>

#include "commands/command.h"

namespace snapgate::cli {

// `create key`: through the API, or with --data-dir in the data directory of a server that is down.
void add_create_key(CLI::App& create, Action& chosen);

}  // namespace snapgate::cli

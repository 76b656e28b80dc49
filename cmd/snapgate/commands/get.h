#pragma once

#include <CLI/App.hpp>

#include "commands/command.h"

namespace snapgate::cli {

// `get snapshots`: the list of a cluster's VM snapshots.
void add_get_snapshots(CLI::App& get, Action& chosen);

// `get projects`, `get clusters` and `get keys`.
void add_get_registry(CLI::App& get, Action& chosen);

}  // namespace snapgate::cli

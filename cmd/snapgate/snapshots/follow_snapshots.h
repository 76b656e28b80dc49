#pragma once

#include "commands/command.h"
#include "snapshots/snapshot_list.h"

namespace snapgate::cli {

// `get snapshots -l`: the whole list of what a query selects.
Outcome<Exit> print_selected(Shell& shell, Api& api, const SnapshotQuery& query, Format format);

// `get snapshots -w`: the list, and then what changes, until Ctrl-C.
Outcome<Exit> follow_snapshots(Shell& shell, Api& api, const SnapshotQuery& query, Format format);

}  // namespace snapgate::cli

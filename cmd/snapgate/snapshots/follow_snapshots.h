#pragma once

#include "snapshots/snapshot_list.h"
#include "snapshots/snapshot_printer.h"
#include "terminal/console.h"

namespace snapgate::cli {

// `get snapshots -l`: prints the whole list that a query selects.
Outcome<Exit> print_selected(Console& console, Api& api, const SnapshotQuery& query,
                             const SnapshotForm& form);

// `get snapshots -w`: prints the list, then every change, until Ctrl-C.
Outcome<Exit> follow_snapshots(Console& console, Api& api, const SnapshotQuery& query,
                               const SnapshotForm& form);

}  // namespace snapgate::cli

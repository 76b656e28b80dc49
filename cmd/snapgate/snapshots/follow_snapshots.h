#pragma once

#include "snapshots/snapshot_list.h"
#include "terminal/console.h"
#include "terminal/output.h"

namespace snapgate::cli {

// `get snapshots -l`: prints the whole list that a query selects.
Outcome<Exit> print_selected(Console& console, Api& api, const SnapshotQuery& query, Format format);

// `get snapshots -w`: prints the list, then every change, until Ctrl-C.
Outcome<Exit> follow_snapshots(Console& console, Api& api, const SnapshotQuery& query,
                               Format format);

}  // namespace snapgate::cli

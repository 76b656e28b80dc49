#pragma once

#include "snapshots/snapshot_list.h"
#include "terminal/console.h"
#include "terminal/output.h"

namespace snapgate::cli {

// `get snapshots -l`: the whole list of what a query selects.
Outcome<Exit> print_selected(Console& console, Api& api, const SnapshotQuery& query, Format format);

// `get snapshots -w`: the list, and then what changes, until Ctrl-C.
Outcome<Exit> follow_snapshots(Console& console, Api& api, const SnapshotQuery& query,
                               Format format);

}  // namespace snapgate::cli

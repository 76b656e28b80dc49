#pragma once

#include <string>
#include <vector>

#include "commands/command.h"
#include "snapshots/snapshot_route.h"

namespace snapgate::cli {

// Options of the commands on single snapshots, besides their names.
struct SnapshotFlags {
    std::string cluster;
    std::string ns = "default";
    std::string vm;  // "" if it was not given
};

Option namespace_option(SnapshotFlags& flags);
// --vm of a command that finds its snapshots by name.
Option vm_option(SnapshotFlags& flags);

// kUsage naming the first text that cannot be the name of a namespace, a VM or a snapshot.
Outcome<> check(const SnapshotFlags& flags, const std::vector<std::string>& names);

}  // namespace snapgate::cli

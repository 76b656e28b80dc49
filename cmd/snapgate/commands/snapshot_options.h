#pragma once

#include <string>
#include <vector>

#include "commands/command.h"
#include "snapshots/snapshot_route.h"

namespace snapgate::cli {

// What commands on single snapshots are told, besides their names.
struct SnapshotFlags {
    std::string cluster;
    std::string ns = "default";
    std::string vm;  // "" where the name is enough
};

Option namespace_option(SnapshotFlags& flags);
// --vm of a command that finds its snapshots by name.
Option vm_option(SnapshotFlags& flags);

// kUsage naming what can be no namespace, VM or snapshot: it would not even make a path.
Outcome<> check(const SnapshotFlags& flags, const std::vector<std::string>& names);

}  // namespace snapgate::cli

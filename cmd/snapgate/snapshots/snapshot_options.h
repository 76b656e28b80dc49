#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "remote/failure.h"
#include "snapshots/snapshot_route.h"

namespace snapgate::cli {

// What commands on single snapshots are told, besides their names.
struct SnapshotFlags {
    std::string cluster;
    std::string ns = "default";
    std::string vm;  // "" where the name is enough
};

// --cluster, -n and --vm. `flags` must outlive the parsing.
void add_snapshot_flags(CLI::App& command, SnapshotFlags& flags);

// kUsage naming what can be no namespace, VM or snapshot: it would not even make a path.
Outcome<> check(const SnapshotFlags& flags, const std::vector<std::string>& names);

}  // namespace snapgate::cli

#pragma once

#include <string>
#include <vector>

#include "commands/command.h"
#include "fleet/fleet_request.h"
#include "fleet/fleet_snapshots.h"
#include "snapshots/retention.h"

namespace snapgate::cli {

// Which snapshots of a cluster, or of all, are to be deleted, and how.
struct FleetDeletion {
    FleetScope scope;
    FleetSnapshotFlags filters;
    std::vector<std::string> namespaces;
    std::string vm;
    std::string selector;
    std::string older_than;
    std::string keep_last;
    bool force = false;
    bool dry_run = false;
    bool yes = false;

    // Whether any filter is given.
    bool any() const;
};

// Shows what would go, asks, and deletes it: each snapshot only if it still is what was shown. What
// is left alone is named: of clusters that are not Ready, what changed meanwhile, what could not be
// deleted. kRefused if something could not be deleted; kUsage where nobody can be asked.
Outcome<Exit> delete_of_fleet(const FleetDeletion& deletion, Shell& shell, Api& api);

}  // namespace snapgate::cli

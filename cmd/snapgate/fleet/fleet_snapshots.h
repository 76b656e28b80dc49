#pragma once

#include <string>
#include <vector>

#include "commands/command.h"
#include "fleet/fleet_request.h"
#include "remote/api.h"

namespace snapgate::cli {

// What `get snapshots` asks of a fleet, or of one cluster by facts. The server judges the values.
struct FleetSnapshotFlags {
    std::vector<std::string> phases;
    std::vector<std::string> consistencies;
    std::string ready;
    std::string good;
    std::string stuck;
    std::string name;
    std::string cause;
    std::string created_after;
    std::string created_before;
    std::string finished_after;
    std::string finished_before;
    std::string sort;

    // Whether any is given.
    bool any() const;
    void add_to(FleetRequest& request) const;
};
std::vector<Option> fleet_snapshot_options(FleetSnapshotFlags& flags);

// Prints every snapshot that the request selects: csv and jsonl as the server has them, json and
// yaml as a list of objects, else a table or names. The names are kubectl's, with the resource
// before them; of all clusters they are CLUSTER/NAMESPACE/NAME, because a name alone says nothing
// there. kUsage for another format.
Outcome<> print_fleet_snapshots(Console& console, Api& api, const FleetScope& scope,
                                FleetRequest request, std::string_view output, bool no_headers);

}  // namespace snapgate::cli

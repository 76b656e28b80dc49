#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/types.h"

namespace snapgate::query {

// A cluster that a caller may see.
struct FleetCluster {
    model::ClusterNumber number = 0;
    std::string uid;
    std::string name;
    std::string project_uid;
    std::string project_name;
};

// All clusters that a caller may see, by name, then uid: the order of every list of a fleet.
// Immutable; requests share it.
struct Fleet {
    std::vector<FleetCluster> clusters;
    std::string digest;  // of their names and uids: equal fleets have one

    // Sorts the clusters and makes the digest.
    static std::shared_ptr<const Fleet> make(std::vector<FleetCluster> clusters);
};

// Where an entry of a fleet's list stands: an object, or a VM.
struct FleetPlace {
    std::string cluster_name;
    std::string cluster_uid;
    model::ObjectKey key;

    bool operator==(const FleetPlace&) const = default;
};

}  // namespace snapgate::query

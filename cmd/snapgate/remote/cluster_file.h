#pragma once

#include <string>
#include <vector>

#include "remote/failure.h"

namespace snapgate::cli {

// A cluster as a clusters.yaml declares it.
struct DeclaredCluster {
    std::string name;
    std::string project;     // name or uid; "": that of the command line
    std::string uid;         // "": found by its name, or made by the server
    std::string kubeconfig;  // path; a relative one was relative to the clusters.yaml
    std::string context;     // "": the current one
};

// Reads `clusters: [{name, project, uid, kubeconfig, context}, ...]`, or the list alone. kUsage if
// the file cannot be read, kRefused with the place of what is wrong in it.
Outcome<std::vector<DeclaredCluster>> read_cluster_file(const std::string& file);

}  // namespace snapgate::cli

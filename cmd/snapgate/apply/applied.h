#pragma once

#include <string>
#include <vector>

#include "connect/declarations.h"
#include "remote/resolve.h"

namespace snapgate::cli {

// What was done with a project or a cluster of the file.
struct Applied {
    std::string word;  // created, configured, unchanged
    // NOLINTNEXTLINE(readability-redundant-member-init): an initializer may leave it out
    std::vector<std::string> warnings = {};
};

// How a file is applied.
struct ApplyTerms {
    std::string set;       // of which new ones become a part; "" for none
    bool dry_run = false;  // only find out what would be done
};

// What the server has, as far as the key sees it.
struct Registry {
    std::vector<Named> clusters;
    std::vector<Named> projects;
    std::vector<json::Object> project_items;
};
Outcome<Registry> read_registry(Api& api);

// The uid of a project that a dry run only would make.
inline constexpr const char* kProjectToBe = "(to be made)";

// Makes the project, or sets its quota. A new one is added to the registry.
Outcome<Applied> apply_project(Api& api, Registry& registry,
                               const connect::DeclaredProject& declared, const ApplyTerms& terms);

// Makes the cluster, or gives it the connection of its kubeconfig.
Outcome<Applied> apply_cluster(Api& api, const Registry& registry,
                               const connect::DeclaredCluster& declared, const ApplyTerms& terms);

}  // namespace snapgate::cli

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/projects.h"
#include "app/last_declared.h"
#include "base/clock.h"
#include "cluster/registry.h"
#include "connect/declarations.h"

namespace snapgate::app {

// What a configuration file makes of a registry.
struct DeclaredPlan {
    struct Project {
        const connect::DeclaredProject* declared;
        std::string uid;  // in the registry; "": it is to be made
        bool sets_quota = false;
    };
    struct Cluster {
        const connect::DeclaredCluster* declared;
        std::string uid;  // in the registry; "": it is to be made
        // Its project in the registry; "": that of the declared project, which is to be made.
        std::string project;
        // How often imports were expected until now, if the file says otherwise.
        // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it
        // out
        std::optional<base::Millis> expected_before = {};
    };

    // In the order of the file; without those that the registry contradicts.
    std::vector<Project> projects;
    std::vector<Cluster> clusters;
    // Uids of clusters that an earlier file declared and this one does not.
    std::vector<std::string> undeclared;
    // Uids of projects and of hosted clusters of the registry of which the same holds.
    std::vector<std::string> undeclared_projects;
    std::vector<std::string> undeclared_hosted;
    // Uids of clusters of which the file says something wrong: they stay as they were declared.
    std::vector<std::string> held;
    // The faults of the file, and what contradicts the registry.
    std::vector<connect::DeclarationFault> faults;
};

// How often imports are expected, for people: "none" for never.
std::string expectation_text(base::Millis every);

// Compares a file with a registry. A cluster is found by its uid or, where none is declared, by its
// name: that of an earlier declaration, which has the name alone among all declared ones, else the
// one of its project. `last`: what was declared before. The plan refers to `declarations`, which
// outlives it.
DeclaredPlan plan_declared(const connect::Declarations& declarations,
                           const access::ProjectTable::Rows& projects,
                           const cluster::ClusterTable::Rows& clusters, const LastDeclared& last);

}  // namespace snapgate::app

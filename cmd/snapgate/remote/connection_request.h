#pragma once

#include <string>
#include <vector>

#include "remote/api.h"
#include "terminal/console.h"

namespace snapgate::cli {

// What a cluster is made from.
struct NewCluster {
    std::string name;
    std::string uid;          // "": the server makes one
    std::string project_uid;  // "": that of the request, or Default
    std::string kubeconfig;   // as read_kubeconfig_file() gives it; "" for a hosted cluster
    // The set of declarations that it becomes a part of; "" for none.
    // NOLINTNEXTLINE(readability-redundant-member-init): an initializer may leave it out
    std::string apply_set = {};
    // How often a hosted cluster is imported into, as in 24h; "": not said.
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::string expected_every = {};
    bool dry_run = false;  // the server only says whether it could be made
};

Outcome<json::Object> make_cluster(Api& api, const NewCluster& cluster);

// `dry_run`: the server only says what it would do.
Outcome<json::Object> set_connection(Api& api, const std::string& uid,
                                     const std::string& kubeconfig, bool dry_run = false);
// What set_connection() did, by its answer: "unchanged", or "configured" where it was another
// connection than before.
std::string outcome_of(const json::Object& answer);

// The warnings of an answer to one of these.
std::vector<std::string> warnings_of(const json::Object& answer);
// Prints these warnings, a line each.
void note_warnings(Console& console, const json::Object& answer);

}  // namespace snapgate::cli

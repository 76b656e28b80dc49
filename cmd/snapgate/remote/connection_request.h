#pragma once

#include <string>
#include <vector>

#include "remote/api.h"
#include "terminal/console.h"

namespace snapgate::cli {

// What a connected cluster is made from.
struct NewConnection {
    std::string name;
    std::string uid;          // "": the server makes one
    std::string project_uid;  // "": that of the request, or Default
    std::string kubeconfig;   // as read_kubeconfig_file() gives it
};

Outcome<json::Object> connect_cluster(Api& api, const NewConnection& connection);

Outcome<json::Object> set_connection(Api& api, const std::string& uid,
                                     const std::string& kubeconfig);
// What set_connection() did, by its answer: "unchanged", or "configured" where it was another
// connection than before.
std::string outcome_of(const json::Object& answer);

// The warnings of an answer to one of these.
std::vector<std::string> warnings_of(const json::Object& answer);
// Prints these warnings, a line each.
void note_warnings(Console& console, const json::Object& answer);

}  // namespace snapgate::cli

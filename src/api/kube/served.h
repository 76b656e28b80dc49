#pragma once

#include <string_view>
#include <vector>

namespace snapgate::api::kube {

// Whose API is served: that of one cluster, or that of all of them together (/clusters/-).
enum class ApiOf { kHostedCluster, kConnectedCluster, kFleet };

// A resource that is served below /clusters/{uid}, as discovery names it.
struct ServedResource {
    using Verbs = std::vector<std::string_view>;

    struct Subresource {
        std::string_view name;
        Verbs verbs;
    };

    // Who may do what it serves.
    enum class Access {
        kByRole,    // readers read, editors write
        kEveryone,  // questions about the caller, which are asked by a create
    };

    std::string_view group;                  // empty for core
    std::vector<std::string_view> versions;  // the preferred one first
    std::string_view plural;
    std::string_view singular;
    std::string_view kind;
    bool namespaced = true;
    Verbs verbs;  // none: it is not served
    std::vector<std::string_view> short_names;
    std::vector<std::string_view> categories;
    std::vector<Subresource> subresources;
    Access access = Access::kByRole;
    bool stored = true;  // its objects are kept here
};

// All of them, in the order in which they are listed. Those of one group stand together and have
// the same versions. Both types of cluster serve the same, but for what rights.h says; of a fleet
// there are the same groups. Any thread.
const std::vector<ServedResource>& served_resources(ApiOf api);

}  // namespace snapgate::api::kube

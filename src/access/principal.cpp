#include "access/principal.h"

#include <fmt/format.h>

#include <algorithm>

namespace snapgate::access {

std::string_view role_name(Role role) {
    switch (role) {
        case Role::kReader:
            return "reader";
        case Role::kEditor:
            return "editor";
        case Role::kAdmin:
            return "admin";
    }
    return "reader";
}

base::Result<Role> parse_role(std::string_view text) {
    for (Role role : {Role::kReader, Role::kEditor, Role::kAdmin}) {
        if (text == role_name(role)) return role;
    }
    return base::Error(
        base::Code::kInvalidBody,
        fmt::format("\"{}\" is not a role: use reader, editor or admin", text.substr(0, 64)),
        "role");
}

base::Result<void> require_role(const Principal& principal, Role role) {
    if (principal.role >= role) return {};
    return base::Error(base::Code::kForbidden,
                       fmt::format("this key has the role {}: the role {} may do this",
                                   role_name(principal.role), role_name(role)));
}

bool Scope::sees_cluster(std::string_view its_project, model::ClusterNumber number) const {
    return sees_project(its_project) &&
           (!clusters || std::ranges::binary_search(*clusters, number));
}

std::strong_ordering Scope::operator<=>(const Scope& other) const {
    if (const auto by_project = project <=> other.project; by_project != 0) return by_project;
    if (!clusters || !other.clusters) return (clusters != nullptr) <=> (other.clusters != nullptr);
    return *clusters <=> *other.clusters;
}

}  // namespace snapgate::access

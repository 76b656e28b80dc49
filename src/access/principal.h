#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/token_holder.h"
#include "base/result.h"
#include "model/types.h"

namespace snapgate::access {

// The operations that a key may use. A role includes those before it.
enum class Role {
    kReader,  // GET
    kEditor,  // also writes and deletes snapshots
    kAdmin,   // also writes to the registry, and keys
};

std::string_view role_name(Role role);
base::Result<Role> parse_role(std::string_view text);

// Some clusters of a project, by the numbers of their snapshots, in ascending order. A number is
// never used twice: a cluster that is deleted and made again with its uid is another one. Null: all
// clusters; never empty.
using SomeClusters = std::shared_ptr<const std::vector<model::ClusterNumber>>;

// The caller of a request, as its key or its token says.
struct Principal {
    std::string key_id;    // of a token's holder: TokenHolder::id()
    std::string key_name;  // of a token's holder: TokenHolder::name()
    Role role = Role::kReader;
    std::string project;  // uid; "" holds the tenant
    SomeClusters clusters = nullptr;
    std::shared_ptr<const TokenHolder> holder = nullptr;  // null: it has a key
};

// The part that a request may see: the whole tenant, one project, or some clusters of one.
struct Scope {
    std::string project;  // uid; "" for the tenant
    SomeClusters clusters = nullptr;

    bool sees_project(std::string_view uid) const { return project.empty() || project == uid; }
    // `number`: that of its snapshots.
    bool sees_cluster(std::string_view its_project, model::ClusterNumber number) const;

    // By what they are, not by where they are kept.
    bool operator==(const Scope& other) const { return (*this <=> other) == 0; }
    std::strong_ordering operator<=>(const Scope& other) const;
};

// kForbidden, with the missing role in its message, unless `principal` has `role`.
base::Result<void> require_role(const Principal& principal, Role role);

}  // namespace snapgate::access

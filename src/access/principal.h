#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::access {

// The operations that a key may use. A role includes those before it.
enum class Role {
    kReader,  // GET
    kEditor,  // also writes and deletes snapshots
    kAdmin,   // also writes to the registry, and keys
};

std::string_view role_name(Role role);
base::Result<Role> parse_role(std::string_view text);

// The caller of a request, as its key says.
struct Principal {
    std::string key_id;
    Role role = Role::kReader;
    std::string project;  // uid; "" holds the tenant
};

// The part that a request may see: the whole tenant, or one project.
struct Scope {
    std::string project;  // uid; "" for the tenant

    bool sees_project(std::string_view uid) const { return project.empty() || project == uid; }
};

// kForbidden, with the missing role in its message, unless `principal` has `role`.
base::Result<void> require_role(const Principal& principal, Role role);

}  // namespace snapgate::access

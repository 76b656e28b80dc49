#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::access {

// What a key may do. A role holds those before it.
enum class Role {
    kReader,  // GET
    kEditor,  // also writes and deletes snapshots
    kAdmin,   // also writes to the registry, and keys
};

std::string_view role_name(Role role);
base::Result<Role> parse_role(std::string_view text);

// Who makes a request.
struct Principal {
    std::string key_id;
    Role role = Role::kReader;
    std::string project;  // uid; "" holds the tenant
};

// What a request may see: the tenant, or one project.
struct Scope {
    std::string project;  // uid; "" for the tenant

    bool sees_project(std::string_view uid) const { return project.empty() || project == uid; }
};

// kForbidden, saying what is missing, unless `principal` has `role`.
base::Result<void> require_role(const Principal& principal, Role role);

}  // namespace snapgate::access

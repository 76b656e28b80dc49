#include "access/principal.h"

#include <fmt/format.h>

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

}  // namespace snapgate::access

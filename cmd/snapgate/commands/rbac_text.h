#pragma once

#include <string>
#include <string_view>

namespace snapgate::cli {

// What a cluster needs so that a server can follow it, as YAML for kubectl apply: a service account
// in `ns` with its token, and a role that may read snapshots, and write them with `write`. Asking
// what one may do needs no rule: every user may.
std::string rbac_text(std::string_view ns, bool write);

}  // namespace snapgate::cli

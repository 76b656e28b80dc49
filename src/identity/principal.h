#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "access/projects.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "identity/caller.h"

namespace snapgate::identity {

// What a request is about, as far as it says.
struct Asked {
    std::string_view project;  // uid; "": it names none
    std::string_view cluster;  // uid; "": it names none
};

// What the caller may do in one project, or in the tenant.
struct Right {
    access::Role role = access::Role::kReader;
    std::string project;  // uid; "": the tenant
    access::SomeClusters clusters;
};

// What the caller may do where: at most one right for each project that exists, in the order of the
// issuer's rules.
std::vector<Right> rights_of(const Caller& caller, const access::ProjectTable::Rows& projects,
                             const cluster::ClusterTable::Rows& clusters);

// The error for a caller without any.
base::Error refuse_without_rights(const Caller& caller);

// What the caller may do in a request: its rights in the project that the request names, else in
// that of the cluster that it names, else in the tenant, else in the only project where it has any.
// kInvalidParameter if it has rights in several projects and the request says nothing;
// kForbidden if no project exists in which it has rights.
base::Result<access::Principal> principal_of(std::shared_ptr<const Caller> caller,
                                             const Asked& asked,
                                             const access::ProjectTable::Rows& projects,
                                             const cluster::ClusterTable::Rows& clusters);

}  // namespace snapgate::identity

#include "access/declared_projects.h"

#include <fmt/format.h>

#include <utility>

namespace snapgate::access {

using base::Code;
using base::Error;
using base::Result;

void DeclaredProjects::replace(std::map<std::string, bool> projects) {
    const base::MutexLock lock(mutex_);
    projects_ = std::move(projects);
}

Result<void> DeclaredProjects::require_deletable(const Project& project) const {
    const base::MutexLock lock(mutex_);
    if (!projects_.contains(project.uid)) return {};
    return Error(Code::kConflict,
                 fmt::format("project \"{}\" is declared in the server's configuration file: take "
                             "it out there, have the server read the file (SIGHUP), and then "
                             "delete it",
                             project.name));
}

Result<void> DeclaredProjects::require_quota_settable(const Project& project) const {
    const base::MutexLock lock(mutex_);
    const auto found = projects_.find(project.uid);
    if (found == projects_.end() || !found->second) return {};
    return Error(Code::kConflict,
                 fmt::format("the quota of project \"{}\" is declared in the server's "
                             "configuration file: change it there",
                             project.name));
}

}  // namespace snapgate::access

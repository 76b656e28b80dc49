#pragma once

#include <map>
#include <string>

#include "access/projects.h"
#include "base/annotations.h"
#include "base/result.h"

namespace snapgate::access {

// The projects that the server's configuration file declares: what it says of them is changed
// there. Any thread.
class DeclaredProjects {
  public:
    // By uid: whether the file says the quota, too.
    void replace(std::map<std::string, bool> projects);

    // kConflict for a declared project: it would be made again at the next start.
    base::Result<void> require_deletable(const Project& project) const;
    // kConflict for a project whose quota is declared.
    base::Result<void> require_quota_settable(const Project& project) const;

  private:
    mutable base::Mutex mutex_;
    std::map<std::string, bool> projects_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::access

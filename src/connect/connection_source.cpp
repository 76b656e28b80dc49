#include "connect/connection_source.h"

#include <utility>

#include "connect/cluster_target.h"

namespace snapgate::connect {

using base::Result;

std::shared_ptr<const ClusterTarget> ConnectionSource::last_target() {
    const base::MutexLock lock(target_mutex_);
    return target_;
}

Result<std::shared_ptr<const ClusterTarget>> ConnectionSource::target_of(
    const std::shared_ptr<const Connection>& connection) {
    const base::MutexLock lock(target_mutex_);
    if (connection != made_from_) {
        SNAPGATE_ASSIGN(auto target, ClusterTarget::make(*connection, rules_));
        target_ = std::make_shared<const ClusterTarget>(std::move(target));
        made_from_ = connection;
    }
    return target_;
}

}  // namespace snapgate::connect

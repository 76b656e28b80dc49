#include "cluster/object_quota.h"

#include "cluster/reflected_kind.h"

namespace snapgate::cluster {

std::shared_ptr<const ObjectQuota> ObjectQuota::of(const std::string& project,
                                                   const access::ProjectTable::Rows& projects,
                                                   const ClusterTable::Rows& clusters) {
    const auto owner = projects.find(project);
    if (owner == projects.end() || !owner->second.quota.objects) return nullptr;
    auto quota = std::make_shared<ObjectQuota>();
    quota->project_ = owner->second.name;
    quota->allowed_ = *owner->second.quota.objects;
    for (const auto& [uid, cluster] : clusters) {
        if (cluster.project != project) continue;
        for (const ReflectedKind& kind : reflected_kinds())
            quota->counted_.emplace_back(cluster.number_of(kind.stored), kind.stored);
    }
    return quota;
}

}  // namespace snapgate::cluster

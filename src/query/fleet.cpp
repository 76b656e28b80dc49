#include "query/fleet.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "query/continue_token.h"
#include "query/fingerprint.h"

namespace snapgate::query {

std::optional<uint64_t> FleetCount::at(model::Revision revision) const {
    base::MutexLock lock(mutex_);
    return revision_ == revision && revision != 0 ? std::optional(count_) : std::nullopt;
}

void FleetCount::keep(model::Revision revision, uint64_t count) {
    base::MutexLock lock(mutex_);
    if (revision < revision_) return;
    revision_ = revision;
    count_ = count;
}

std::shared_ptr<const Fleet> Fleet::make(std::vector<FleetCluster> clusters) {
    auto fleet = std::make_shared<Fleet>();
    fleet->clusters = std::move(clusters);
    std::ranges::sort(fleet->clusters, [](const FleetCluster& a, const FleetCluster& b) {
        return std::tie(a.name, a.uid) < std::tie(b.name, b.uid);
    });
    Fingerprint parts;
    for (const FleetCluster& cluster : fleet->clusters)
        parts.number(cluster.number)
            .text(cluster.uid)
            .text(cluster.name)
            .text(cluster.project_name);
    fleet->digest = parts.digest(kListingDigestBytes);
    return fleet;
}

}  // namespace snapgate::query

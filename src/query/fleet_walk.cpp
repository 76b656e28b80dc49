#include "query/fleet_walk.h"

namespace snapgate::query {

using base::Result;

Result<bool> FleetWalk::enter_cluster(const store::ReadView& view, const FleetListing& listing,
                                      const SnapshotFilter& filter) {
    const FleetCluster& cluster = *listing.clusters()[cluster_];
    SNAPGATE_ASSIGN(const auto revision, listing.revision_of(view, cluster));
    // It may also be deleted between two steps.
    if (!revision) return false;
    if (walk_) return true;
    revision_ = *revision;
    whole_ = from_ == model::ObjectKey() && filter.vms.empty() && filter.namespaces.empty();
    objects_ = 0;
    walk_.emplace(cluster.number, revision_, filter.vms, filter.namespaces, from_);
    return true;
}

Result<void> FleetWalk::check_count(const store::ReadView& view, const FleetListing& listing,
                                    const SnapshotFilter& filter) const {
    if (!whole_ || !filter.vms.empty()) return {};
    const FleetCluster& cluster = *listing.clusters()[cluster_];
    SNAPGATE_ASSIGN(const auto head, view.head(cluster.number));
    // The store counts the newest state.
    if (!head || head->revision != revision_) return {};
    SNAPGATE_ASSIGN(const uint64_t count, view.count(cluster.number, model::Kind::kSnapshot));
    return check_count_of(cluster.uid, objects_, count, false);
}

}  // namespace snapgate::query

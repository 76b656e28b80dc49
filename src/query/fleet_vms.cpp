#include "query/fleet_vms.h"

#include <utility>

namespace snapgate::query {

using base::Result;
using model::Kind;

Result<bool> FleetVms::step(const store::ReadView& view, const FleetListing& listing) {
    size_t budget = kStepRows;
    while (clusters_.size() < listing.clusters().size()) {
        // Each cluster counts as one, whatever it has.
        if (budget == 0) return false;
        --budget;
        SNAPGATE_ASSIGN(const bool done,
                        read(view, listing, *listing.clusters()[clusters_.size()], budget));
        if (!done) return false;
        clusters_.push_back(std::exchange(next_, {}));
        load_vms_.reset();
        load_restores_.reset();
    }
    return true;
}

Result<bool> FleetVms::read(const store::ReadView& view, const FleetListing& listing,
                            const FleetCluster& cluster, size_t& budget) {
    FleetIndex* index = listing.context().index;
    SNAPGATE_ASSIGN(const auto vms, listing.revision_of(view, cluster, Kind::kVirtualMachine));
    if (vms && !next_.vms) {
        if (!load_vms_) {
            load_vms_.emplace(index == nullptr ? nullptr : &index->vms,
                              cluster.number_of(Kind::kVirtualMachine), *vms);
        }
        SNAPGATE_ASSIGN(next_.vms, load_vms_->step(view, budget));
        if (!next_.vms) return false;
        SNAPGATE_ASSIGN(next_.followed, is_followed(view, cluster, *next_.vms, *vms));
    }
    SNAPGATE_ASSIGN(const auto restores, listing.revision_of(view, cluster, Kind::kRestore));
    if (!restores) return true;
    if (!load_restores_) {
        load_restores_.emplace(index == nullptr ? nullptr : &index->restores,
                               cluster.number_of(Kind::kRestore), *restores);
    }
    SNAPGATE_ASSIGN(next_.restores, load_restores_->step(view, budget));
    return next_.restores != nullptr;
}

Result<bool> FleetVms::is_followed(const store::ReadView& view, const FleetCluster& cluster,
                                   const VmBlock& vms, model::Revision at) {
    if (vms.rows() > 0) return true;
    // Without any VM it may be a hosted cluster that nobody imports VMs into, or a mirror that was
    // not taken in yet.
    SNAPGATE_ASSIGN(const auto head, view.head(cluster.number_of(Kind::kVirtualMachine)));
    return cluster.connected && head && !head->decimal && head->revision == at;
}

}  // namespace snapgate::query

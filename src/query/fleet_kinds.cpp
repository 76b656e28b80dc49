#include "query/fleet_kinds.h"

#include <algorithm>
#include <utility>

namespace snapgate::query {

using base::Result;
using model::Kind;

namespace {

// Whether a block tells which objects of its kind are there. `at`: the revision of their head.
template <class Block>
Result<bool> is_followed(const store::ReadView& view, const FleetCluster& cluster, Kind kind,
                         const Block& block, model::Revision at) {
    if (block.rows() > 0) return true;
    // Without any object it may be a hosted cluster that nobody imports them into, or a mirror that
    // was not taken in yet.
    SNAPGATE_ASSIGN(const auto head, view.head(cluster.number_of(kind)));
    return cluster.connected && head && !head->decimal && head->revision == at;
}

}  // namespace

Result<bool> FleetKinds::step(const store::ReadView& view, const FleetListing& listing) {
    size_t budget = kStepRows;
    for (; next_ < listing.clusters().size(); ++next_) {
        if (budget < Listing::kRowsOfCluster) return false;
        budget -= Listing::kRowsOfCluster;
        SNAPGATE_ASSIGN(const ClusterKinds* const known, load(view, listing, next_, budget));
        if (known == nullptr) return false;
    }
    return true;
}

Result<const ClusterKinds*> FleetKinds::load(const store::ReadView& view,
                                             const FleetListing& listing, size_t cluster,
                                             size_t& budget) {
    if (clusters_.empty()) clusters_.resize(listing.clusters().size());
    Loaded& loaded = clusters_[cluster];
    if (!loaded.whole) {
        if (reading_ != cluster) {
            reading_ = cluster;
            load_vms_.reset();
            load_restores_.reset();
            load_contents_.reset();
        }
        SNAPGATE_ASSIGN(loaded.whole,
                        read(view, listing, *listing.clusters()[cluster], loaded.kinds, budget));
    }
    return loaded.whole ? &loaded.kinds : nullptr;
}

bool FleetKinds::wants(Kind kind) const {
    return std::ranges::find(kinds_, kind) != kinds_.end();
}

template <class Index, class Block>
Result<bool> FleetKinds::read_block(const store::ReadView& view, const FleetListing& listing,
                                    const FleetCluster& cluster, Index FleetIndex::* of,
                                    std::optional<typename Index::Load>& load,
                                    std::shared_ptr<const Block>& block, size_t& budget) {
    constexpr Kind kKind = Index::kKind;
    if (block || !wants(kKind)) return true;
    SNAPGATE_ASSIGN(const auto at, listing.revision_of(view, cluster, kKind));
    if (!at) return true;
    FleetIndex* index = listing.context().index;
    if (!load)
        load.emplace(index == nullptr ? nullptr : &(index->*of), cluster.number_of(kKind), *at);
    SNAPGATE_ASSIGN(block, load->step(view, budget));
    return block != nullptr;
}

Result<bool> FleetKinds::read(const store::ReadView& view, const FleetListing& listing,
                              const FleetCluster& cluster, ClusterKinds& kinds, size_t& budget) {
    SNAPGATE_ASSIGN(const bool vms, read_block(view, listing, cluster, &FleetIndex::vms, load_vms_,
                                               kinds.vms, budget));
    if (!vms) return false;
    SNAPGATE_ASSIGN(const bool restores, read_block(view, listing, cluster, &FleetIndex::restores,
                                                    load_restores_, kinds.restores, budget));
    if (!restores) return false;
    SNAPGATE_ASSIGN(const bool contents, read_block(view, listing, cluster, &FleetIndex::contents,
                                                    load_contents_, kinds.contents, budget));
    if (!contents) return false;
    if (kinds.vms) {
        SNAPGATE_ASSIGN(kinds.vms_followed, is_followed(view, cluster, Kind::kVirtualMachine,
                                                        *kinds.vms, kinds.vms->revision()));
    }
    if (kinds.restores) {
        SNAPGATE_ASSIGN(kinds.restores_followed,
                        is_followed(view, cluster, Kind::kRestore, *kinds.restores,
                                    kinds.restores->revision()));
    }
    return true;
}

}  // namespace snapgate::query

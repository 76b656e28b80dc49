#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "query/fleet_index.h"
#include "query/fleet_listing.h"
#include "query/listing.h"
#include "store/store.h"

namespace snapgate::query {

// The VMs and restores of one cluster, in the state of a listing.
struct ClusterVms {
    std::shared_ptr<const VmBlock> vms;            // null: nothing is known of them
    std::shared_ptr<const RestoreBlock> restores;  // likewise
    bool followed = false;                         // a VM that is not among them is gone
};

// Those of all clusters of a listing. Belongs to one thread at a time.
class FleetVms {
  public:
    // A step looks at about so many objects.
    static constexpr size_t kStepRows = Listing::kStepRows;

    // Reads what the index of the listing's context does not have. True when all is there. Errors
    // as FleetListing::revision_of(), and kTooLarge.
    base::Result<bool> step(const store::ReadView& view, const FleetListing& listing);

    // Of one of FleetListing::clusters(), once step() has returned true.
    const ClusterVms& of(size_t cluster) const { return clusters_[cluster]; }

  private:
    // Reads a cluster's; false if a later step has to go on.
    base::Result<bool> read(const store::ReadView& view, const FleetListing& listing,
                            const FleetCluster& cluster, size_t& budget);
    // Whether the block tells which VMs are there. `at`: the revision of their head.
    static base::Result<bool> is_followed(const store::ReadView& view, const FleetCluster& cluster,
                                          const VmBlock& vms, model::Revision at);

    std::vector<ClusterVms> clusters_;
    ClusterVms next_;  // of the cluster after these
    std::optional<VmIndex::Load> load_vms_;
    std::optional<RestoreIndex::Load> load_restores_;
};

}  // namespace snapgate::query

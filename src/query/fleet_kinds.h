#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "query/fleet_index.h"
#include "query/fleet_listing.h"
#include "query/listing.h"
#include "store/store.h"

namespace snapgate::query {

// What is known of a cluster besides its snapshots, in the state of a listing.
struct ClusterKinds {
    std::shared_ptr<const VmBlock> vms;            // null: nothing is known of them
    std::shared_ptr<const RestoreBlock> restores;  // likewise, as the next
    std::shared_ptr<const ContentBlock> contents;
    bool vms_followed = false;       // a VM that is not among them is gone
    bool restores_followed = false;  // there are no other restores
};

// The further kinds of objects of all clusters of a listing. Belongs to one thread at a time.
class FleetKinds {
  public:
    // A step looks at about so many objects.
    static constexpr size_t kStepRows = Listing::kStepRows;

    // `kinds`: of VMs, restores and contents, for as long as the program runs; the listing has
    // them, too.
    explicit FleetKinds(std::span<const model::Kind> kinds) : kinds_(kinds) {}

    // Reads of all clusters what the index of the listing's context does not have. True when all is
    // there. Errors as FleetListing::revision_of(), and kTooLarge.
    base::Result<bool> step(const store::ReadView& view, const FleetListing& listing);
    // Reads the same of one of FleetListing::clusters(). Null while it is not complete: a later
    // call goes on with that cluster. Looks at most at `budget` objects, and takes those off it.
    base::Result<const ClusterKinds*> load(const store::ReadView& view, const FleetListing& listing,
                                           size_t cluster, size_t& budget);

    // What was read of one of FleetListing::clusters(), which must be complete.
    const ClusterKinds& of(size_t cluster) const { return clusters_[cluster].kinds; }

  private:
    struct Loaded {
        ClusterKinds kinds;
        bool whole = false;
    };

    bool wants(model::Kind kind) const;
    // Reads a cluster's; false if a later step has to go on.
    base::Result<bool> read(const store::ReadView& view, const FleetListing& listing,
                            const FleetCluster& cluster, ClusterKinds& kinds, size_t& budget);
    // The block of a kind, unless it is there or nothing is known; false if a later step has to go
    // on.
    template <class Index, class Block>
    base::Result<bool> read_block(const store::ReadView& view, const FleetListing& listing,
                                  const FleetCluster& cluster, Index FleetIndex::* of,
                                  std::optional<typename Index::Load>& load,
                                  std::shared_ptr<const Block>& block, size_t& budget);

    std::span<const model::Kind> kinds_;
    std::vector<Loaded> clusters_;
    size_t next_ = 0;  // of step()
    // Of the cluster that is being read:
    size_t reading_ = SIZE_MAX;
    std::optional<VmIndex::Load> load_vms_;
    std::optional<RestoreIndex::Load> load_restores_;
    std::optional<ContentIndex::Load> load_contents_;
};

}  // namespace snapgate::query

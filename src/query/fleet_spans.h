#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/types.h"
#include "query/facts_block.h"
#include "query/fleet_listing.h"
#include "query/sort_order.h"
#include "store/store.h"

namespace snapgate::query {

// When the snapshots of each cluster of a fleet were created and finished, the first and the last
// of them, in one state of the store: so a list in the order of such a time begins with the cluster
// whose first row comes first, and most clusters are not looked at. Immutable.
class FleetSpans {
  public:
    struct OfCluster {
        std::optional<model::Revision> revision;  // at which it is read; nullopt if it is not there
        FactsBlock::Spans all;
        FactsBlock::Spans special;
    };

    FleetSpans(model::Revision state, std::vector<OfCluster> clusters)
        : state_(state), clusters_(std::move(clusters)) {}

    // The revision of the store.
    model::Revision state() const { return state_; }
    // `cluster`: its index in Fleet::clusters.
    const OfCluster& of(size_t cluster) const { return clusters_[cluster]; }

  private:
    model::Revision state_;
    std::vector<OfCluster> clusters_;
};

// Whether a row's key in that order is a time that spans are about.
bool is_by_time(const SortOrder& order);
// The key of the first row in such an order, of rows with these spans.
SortKeyView first_key(const FactsBlock::Spans& spans, const SortOrder& order);

// Finds the spans of a listing, or makes them of the blocks that the index has, in steps, each in a
// view of its own. Belongs to one thread at a time.
class FleetSpansLoad {
  public:
    // Looks at `budget` rows, about (Listing::kRowsOfCluster, too). False if a later step has to go
    // on. Errors as FleetListing::revision_of().
    base::Result<bool> step(const store::ReadView& view, const FleetListing& listing,
                            size_t budget);

    // After the last step; null if a cluster's block is missing.
    const FleetSpans* spans() const { return spans_.get(); }
    // The indexes of all clusters of the listing, the cluster of the first row first. `of_special`:
    // if a filter selects special rows (facts_block.h) alone.
    std::vector<uint32_t> clusters_by(const FleetListing& listing, const SortOrder& order,
                                      bool of_special) const;

  private:
    std::shared_ptr<const FleetSpans> spans_;
    std::shared_ptr<const FleetSpans> before_;  // those of an older state
    std::vector<FleetSpans::OfCluster> made_;
};

}  // namespace snapgate::query

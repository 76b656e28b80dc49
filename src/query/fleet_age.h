#pragma once

#include <cstddef>
#include <vector>

#include "facts/facts.h"
#include "query/fleet_listing.h"

namespace snapgate::query {

// How old what is known of a cluster is.
struct ClusterAge {
    facts::Seconds as_of = 0;  // 0: nothing was ever known of it
    bool stale = false;        // it may have changed since
    // When the last gap in what is known may have ended; 0 for a cluster that is always known.
    facts::Seconds since = 0;
};

// One for each of Fleet::clusters, in their order.
using FleetAges = std::vector<ClusterAge>;

struct AgeCounts {
    size_t total = 0;
    size_t stale = 0;
    size_t unknown = 0;  // of which nothing was ever known
};

// Of the clusters of a listing; `ages` has all clusters of its fleet.
AgeCounts count_ages(const FleetListing& listing, const FleetAges& ages);

}  // namespace snapgate::query

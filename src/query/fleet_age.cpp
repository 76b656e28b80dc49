#include "query/fleet_age.h"

namespace snapgate::query {

AgeCounts count_ages(const FleetListing& listing, const FleetAges& ages) {
    AgeCounts counts;
    for (size_t i = 0; i < listing.clusters().size(); ++i) {
        const ClusterAge& age = ages[listing.index_in_fleet(i)];
        ++counts.total;
        if (age.as_of == 0) {
            ++counts.unknown;
        } else if (age.stale) {
            ++counts.stale;
        }
    }
    return counts;
}

}  // namespace snapgate::query

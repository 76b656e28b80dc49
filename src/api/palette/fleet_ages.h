#pragma once

#include "api/fleet.h"
#include "api/services.h"
#include "query/fleet_age.h"

namespace snapgate::api::palette {

// How old what is known of each cluster of the fleet is, in the order of its clusters. A hosted
// cluster is known `now`, the present time, or as of its last import where somebody has said how
// often it is imported into.
query::FleetAges fleet_ages(const Services& services, const VisibleFleet& visible,
                            facts::Seconds now);

}  // namespace snapgate::api::palette

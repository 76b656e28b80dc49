#include "api/palette/fleet_ages.h"

#include <algorithm>

namespace snapgate::api::palette {

query::FleetAges fleet_ages(const Services& services, const VisibleFleet& visible) {
    const auto now = static_cast<facts::Seconds>(services.store.now_ms() / 1000);
    query::FleetAges ages;
    ages.reserve(visible.fleet->clusters.size());
    size_t next_connected = 0;
    for (const query::FleetCluster& cluster : visible.fleet->clusters) {
        // Both are in the order of the fleet.
        const bool connected = next_connected < visible.connected.size() &&
                               visible.connected[next_connected].uid == cluster.uid;
        if (!connected) {
            ages.push_back({now, false});
            continue;
        }
        ++next_connected;
        const auto status = services.connections.status(cluster.number);
        if (!status || !status->has_synced) {
            ages.push_back({0, true});
            continue;
        }
        const int64_t as_of = std::max(status->confirmed_ms, status->synced_ms) / 1000;
        ages.push_back(
            {static_cast<facts::Seconds>(std::clamp<int64_t>(as_of, 0, now)), !status->ready()});
    }
    return ages;
}

}  // namespace snapgate::api::palette

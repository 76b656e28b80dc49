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
            ages.push_back({now, false, 0});
            continue;
        }
        ++next_connected;
        const auto status = services.connections.status(cluster.number);
        if (!status || !status->has_synced) {
            ages.push_back({0, true, 0});
            continue;
        }
        const int64_t as_of = std::max(status->confirmed_ms, status->synced_ms) / 1000;
        const auto seconds = [now](int64_t time) {
            return static_cast<facts::Seconds>(std::clamp<int64_t>(time, 0, now));
        };
        ages.push_back({seconds(as_of), !status->ready(), seconds(status->since_ms / 1000)});
    }
    return ages;
}

}  // namespace snapgate::api::palette

#include "api/palette/fleet_ages.h"

#include <algorithm>

#include "objects/freshness.h"

namespace snapgate::api::palette {

query::FleetAges fleet_ages(const Services& services, const VisibleFleet& visible,
                            facts::Seconds now) {
    query::FleetAges ages;
    const auto registry = services.clusters.snapshot();
    const auto seconds = [now](int64_t time) {
        return static_cast<facts::Seconds>(std::clamp<int64_t>(time, 0, now));
    };
    ages.reserve(visible.fleet->clusters.size());
    for (const query::FleetCluster& cluster : visible.fleet->clusters) {
        if (!cluster.connected) {
            const auto row = registry->find(cluster.uid);
            if (row == registry->end() || !row->second.imports.expected()) {
                ages.push_back({now, false, 0});
            } else {
                ages.push_back({seconds(row->second.imported_by(int64_t{now} * 1000) / 1000),
                                row->second.import_overdue(int64_t{now} * 1000), 0});
            }
            continue;
        }
        const auto status =
            objects::last_status(services.store, services.mirrors, cluster.number, cluster.uid);
        if (!status || !status->has_synced) {
            ages.push_back({0, true, 0});
            continue;
        }
        const int64_t as_of = std::max(status->confirmed_ms, status->synced_ms) / 1000;
        ages.push_back({seconds(as_of), !status->ready(), seconds(status->since_ms / 1000)});
    }
    return ages;
}

}  // namespace snapgate::api::palette

#include "api/fleet.h"
#include "api/palette/routes.h"
#include "base/clock.h"
#include "mirror/mirror_status.h"

namespace snapgate::api::palette {
namespace {

using base::Result;

// What is known of a connected cluster, and since when.
void add_mirror(const Services& services, const query::FleetCluster& cluster, int64_t now_ms,
                json::Object& item) {
    mirror::MirrorStatus status;
    if (auto known = services.connections.status(cluster.number)) status = std::move(*known);
    item.emplace("type", "connected");
    item.emplace("state", to_text(status.state));
    if (!status.reason.empty()) item.emplace("reason", status.reason);
    const int64_t as_of = std::max(status.confirmed_ms, status.synced_ms);
    if (!status.has_synced || as_of == 0) return;
    item.emplace("asOf", base::format_rfc3339(as_of));
    item.emplace("ageSeconds", std::max<int64_t>(now_ms - as_of, 0) / 1000);
}

}  // namespace

net::Awaitable<Result<void>> list_sources(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto visible, find_fleet(call));
    SNAPGATE_CO_TRY(query::parse_fleet_request(call.request.query, call.parameters[0],
                                               query::Question::kSources));
    const int64_t now_ms = call.services.store.now_ms();
    json::Array items;
    for (const query::FleetCluster& cluster : visible->fleet->clusters) {
        json::Object item{{"cluster", json::Object{{"name", cluster.name},
                                                   {"projectUid", cluster.project_uid},
                                                   {"uid", cluster.uid}}}};
        if (cluster.connected) {
            add_mirror(call.services, cluster, now_ms, item);
        } else {
            item.emplace("type", "hosted");
            item.emplace("state", "Ready");
            item.emplace("asOf", base::format_rfc3339(now_ms));
            item.emplace("ageSeconds", 0);
        }
        items.push_back(std::move(item));
    }
    call.response.add_header("Cache-Control", "private, no-cache");
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>();
}

}  // namespace snapgate::api::palette

#include <functional>

#include "api/fleet.h"
#include "api/items.h"
#include "api/palette/routes.h"
#include "base/clock.h"
#include "cluster/reflected_kind.h"
#include "mirror/mirror_status.h"

namespace snapgate::api::palette {
namespace {

using base::Result;

// What is known of the objects of one kind in a connected cluster, and since when.
void add_mirror(const Services& services, model::ClusterNumber number, int64_t now_ms,
                json::Object& item) {
    mirror::MirrorStatus status;
    if (auto known = services.mirrors.status(number)) status = std::move(*known);
    item.emplace("state", to_text(status.state));
    if (!status.reason.empty()) item.emplace("reason", status.reason);
    const int64_t as_of = std::max(status.confirmed_ms, status.synced_ms);
    if (!status.has_synced || as_of == 0) return;
    item.emplace("asOf", base::format_rfc3339(as_of));
    item.emplace("ageSeconds", std::max<int64_t>(now_ms - as_of, 0) / 1000);
}

// A hosted cluster is known now, until somebody says how often it is imported into: from then on it
// is known as it was imported last.
void add_imports(const cluster::ClusterTable::Rows& registry, const std::string& uid,
                 int64_t now_ms, json::Object& item) {
    const auto row = registry.find(uid);
    const cluster::Cluster cluster = row == registry.end() ? cluster::Cluster() : row->second;
    const bool overdue = cluster.import_overdue(now_ms);
    item.emplace("state", overdue ? cluster::kStale : cluster::kReady);
    if (overdue) item.emplace("reason", cluster::kImportOverdue);
    const int64_t as_of = cluster.imports.expected() ? cluster.imported_by(now_ms) : now_ms;
    if (as_of == 0) return;
    item.emplace("asOf", base::format_rfc3339(as_of));
    item.emplace("ageSeconds", std::max<int64_t>(now_ms - as_of, 0) / 1000);
}

// The kinds that a cluster need not have, or need not let us read.
json::Array further_kinds(const Services& services, const query::FleetCluster& cluster,
                          int64_t now_ms) {
    json::Array kinds;
    for (const auto& kind : cluster::reflected_kinds()) {
        if (kind.stored == model::Kind::kSnapshot) continue;
        json::Object item{{"name", kind.plural}};
        add_mirror(services, cluster.number_of(kind.stored), now_ms, item);
        kinds.push_back(std::move(item));
    }
    return kinds;
}

}  // namespace

net::Awaitable<Result<void>> list_sources(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto visible, find_fleet(call));
    SNAPGATE_CO_TRY(query::parse_fleet_request(call.request.query, call.parameters[0],
                                               query::Question::kSources));
    const int64_t now_ms = call.services.store.now_ms();
    const auto registry = call.services.clusters.snapshot();
    const auto& clusters = visible->fleet->clusters;
    std::function<Result<json::Array>()> make = [&] {
        json::Array items;
        for (const query::FleetCluster& cluster : clusters) {
            json::Object item{{"cluster", json::Object{{"name", cluster.name},
                                                       {"projectUid", cluster.project_uid},
                                                       {"uid", cluster.uid}}}};
            if (cluster.connected) {
                item.emplace("type", "connected");
                add_mirror(call.services, cluster.number, now_ms, item);
                item.emplace("kinds", further_kinds(call.services, cluster, now_ms));
            } else {
                item.emplace("type", "hosted");
                add_imports(*registry, cluster.uid, now_ms, item);
            }
            items.push_back(std::move(item));
        }
        return items;
    };
    call.response.add_header("Cache-Control", "private, no-cache");
    co_return co_await respond_items(call, clusters.size(), std::move(make));
}

}  // namespace snapgate::api::palette

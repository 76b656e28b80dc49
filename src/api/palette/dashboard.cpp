#include <functional>

#include "api/items.h"
#include "api/palette/routes.h"
#include "api/visible.h"

namespace snapgate::api::palette {

using base::Result;

namespace {

// Palette's word for a cluster that answers is Running; the published description has none for
// those that do not, so they are called what they are elsewhere.
std::string_view cluster_state(const Services& services, const cluster::Cluster& cluster) {
    if (!cluster.connected()) return "Running";
    const auto status = services.mirrors.status(cluster.number);
    if (!status) return to_text(mirror::MirrorState::kPending);
    return status->ready() ? "Running" : to_text(status->state);
}

}  // namespace

net::Awaitable<Result<void>> list_clusters(Call& call) {
    const auto clusters = call.services.clusters.snapshot();
    std::function<Result<json::Array>()> make = [&] {
        json::Array items;
        for (const cluster::Cluster* cluster : visible_by_name(*clusters, [&](const auto& row) {
                 return call.scope.sees_cluster(row.project, row.number);
             })) {
            items.push_back(json::Object{
                {"metadata", json::Object{{"name", cluster->name},
                                          {"projectUid", cluster->project},
                                          {"uid", cluster->uid}}},
                {"status", json::Object{{"clusterState", cluster_state(call.services, *cluster)}}},
            });
        }
        return items;
    };
    co_return co_await respond_items(call, clusters->size(), std::move(make));
}

net::Awaitable<Result<void>> list_projects(Call& call) {
    SNAPGATE_CO_ASSIGN(auto name, query_parameter(call.request, "name"));
    const auto projects = call.services.projects.snapshot();
    std::function<Result<json::Array>()> make = [&] {
        json::Array items;
        for (const access::Project* project : visible_by_name(*projects, [&](const auto& row) {
                 return (name.empty() || row.name == name) && call.scope.sees_project(row.uid);
             })) {
            items.push_back(json::Object{
                {"metadata", json::Object{{"name", project->name}, {"uid", project->uid}}}});
        }
        return items;
    };
    co_return co_await respond_items(call, projects->size(), std::move(make));
}

}  // namespace snapgate::api::palette

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
    auto clusters = call.services.clusters.snapshot();
    json::Array items;
    for (const cluster::Cluster* cluster : visible_by_name(*clusters, [&](const auto& row) {
             return call.scope.sees_cluster(row.project, row.number);
         })) {
        items.push_back(json::Object{
            {"metadata",
             json::Object{
                 {"name", cluster->name}, {"projectUid", cluster->project}, {"uid", cluster->uid}}},
            {"status", json::Object{{"clusterState", cluster_state(call.services, *cluster)}}},
        });
    }
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

net::Awaitable<Result<void>> list_projects(Call& call) {
    SNAPGATE_CO_ASSIGN(auto name, query_parameter(call.request, "name"));
    auto projects = call.services.projects.snapshot();
    json::Array items;
    for (const access::Project* project : visible_by_name(*projects, [&](const auto& row) {
             return (name.empty() || row.name == name) && call.scope.sees_project(row.uid);
         })) {
        items.push_back(json::Object{
            {"metadata", json::Object{{"name", project->name}, {"uid", project->uid}}}});
    }
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::palette

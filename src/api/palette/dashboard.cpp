#include <algorithm>
#include <vector>

#include "api/palette/routes.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> list_clusters(Call& call) {
    auto clusters = call.services.clusters.snapshot();
    std::vector<const cluster::Cluster*> seen;
    for (const auto& [uid, cluster] : *clusters) {
        if (call.scope.sees_project(cluster.project)) seen.push_back(&cluster);
    }
    std::ranges::sort(seen, {}, &cluster::Cluster::name);
    json::Array items;
    for (const cluster::Cluster* cluster : seen) {
        items.push_back(json::Object{
            {"metadata",
             json::Object{
                 {"name", cluster->name}, {"projectUid", cluster->project}, {"uid", cluster->uid}}},
            // Palette's word for a cluster that answers.
            {"status", json::Object{{"clusterState", "Running"}}},
        });
    }
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

net::Awaitable<Result<void>> list_projects(Call& call) {
    auto name = query_parameter(call.request, "name");
    if (!name) co_return name.error();
    auto projects = call.services.projects.snapshot();
    std::vector<const access::Project*> seen;
    for (const auto& [uid, project] : *projects) {
        bool wanted = name->empty() || project.name == *name;
        if (wanted && call.scope.sees_project(uid)) seen.push_back(&project);
    }
    std::ranges::sort(seen, {}, &access::Project::name);
    json::Array items;
    for (const access::Project* project : seen) {
        items.push_back(json::Object{
            {"metadata", json::Object{{"name", project->name}, {"uid", project->uid}}}});
    }
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::palette

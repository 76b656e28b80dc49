#include <fmt/format.h>

#include <memory>

#include "api/admin/body.h"
#include "api/admin/routes.h"
#include "api/visible.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;
using cluster::Cluster;

namespace {

Result<json::Object> to_json(const Cluster& cluster, const store::ReadView& view) {
    SNAPGATE_ASSIGN(uint64_t objects, view.count(cluster.number, model::Kind::kSnapshot));
    return json::Object{
        {"uid", cluster.uid}, {"name", cluster.name}, {"projectUid", cluster.project},
        {"type", "hosted"},   {"state", "Ready"},     {"objects", objects}};
}

// The project that a new cluster belongs to: the one asked for, that of the request, or Default.
Result<std::string> project_of_new(const Call& call, const std::string& asked) {
    auto projects = call.services.projects.snapshot();
    if (!asked.empty()) {
        if (!projects->contains(asked) || !call.scope.sees_project(asked))
            return access::no_such_project(asked);
        return asked;
    }
    if (!call.scope.project.empty()) return call.scope.project;
    for (const auto& [uid, project] : *projects) {
        if (project.name == access::kDefaultProject) return uid;
    }
    return Error(
        Code::kInvalidBody,
        fmt::format("there is no project named {}: say which project the cluster belongs to",
                    access::kDefaultProject),
        "projectUid");
}

}  // namespace

net::Awaitable<Result<void>> list_clusters(Call& call) {
    auto clusters = call.services.clusters.snapshot();
    json::Array items;
    {
        store::ReadView view = call.services.store.read();
        for (const Cluster* cluster : visible_by_name(*clusters, [&](const Cluster& row) {
                 return call.scope.sees_project(row.project);
             })) {
            auto item = to_json(*cluster, view);
            if (!item) co_return item.error();
            items.push_back(std::move(*item));
        }
    }
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_cluster(Call& call) {
    auto cluster = find_cluster(call, call.parameters[0]);
    if (!cluster) co_return cluster.error();
    auto item = to_json(*cluster, call.services.store.read());
    if (!item) co_return item.error();
    respond_json(call, 200, *item);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> create_cluster(Call& call) {
    auto body = co_await read_json_body(call);
    if (!body) co_return body.error();
    auto known = json::refuse_unknown(*body, {"name", "uid", "projectUid", "type"});
    if (!known) co_return known.error();
    auto name = required_name(*body);
    if (!name) co_return name.error();
    auto uid = uid_or_random(*body);
    if (!uid) co_return uid.error();
    auto type = json::optional_string(*body, "type");
    if (!type) co_return type.error();
    if (!type->empty() && *type != "hosted") {
        co_return Error(Code::kInvalidBody,
                        "type must be hosted: this version keeps no other clusters", "type");
    }
    auto asked = json::optional_string(*body, "projectUid");
    if (!asked) co_return asked.error();
    auto project = project_of_new(call, *asked);
    if (!project) co_return project.error();

    auto made = std::make_shared<Cluster>();
    made->uid = *uid;
    made->name = *name;
    made->project = *project;
    store::WriteFunction write =
        [made, now_ms = call.services.store.now_ms()](store::WriteTxn& txn) -> Result<void> {
        SNAPGATE_ASSIGN(*made, cluster::create_hosted(txn, *made, now_ms));
        return {};
    };
    auto done = co_await commit_registry(call.services, std::move(write));
    if (!done) co_return done.error();
    auto item = to_json(*made, call.services.store.read());
    if (!item) co_return item.error();
    respond_json(call, 201, *item);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> delete_cluster(Call& call) {
    auto force = query_flag(call.request, "force");
    if (!force) co_return force.error();
    auto cluster = find_cluster(call, call.parameters[0]);
    if (!cluster) co_return cluster.error();
    store::WriteFunction write = [uid = cluster->uid, forced = *force](store::WriteTxn& txn) {
        return cluster::delete_cluster(txn, uid, forced);
    };
    auto done = co_await commit_registry(call.services, std::move(write));
    if (!done) co_return done.error();
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin

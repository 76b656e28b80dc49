#include "api/admin/body.h"
#include "api/admin/routes.h"
#include "api/visible.h"

namespace snapgate::api::admin {

using access::Project;
using base::Code;
using base::Error;
using base::Result;

namespace {

json::Object to_json(const Project& project) {
    return {{"uid", project.uid}, {"name", project.name}};
}

Result<Project> find_project(const Call& call, const std::string& uid) {
    auto projects = call.services.projects.snapshot();
    auto found = projects->find(uid);
    if (found == projects->end() || !call.scope.sees_project(uid))
        return access::no_such_project(uid);
    return found->second;
}

// Projects divide the tenant: only a key that holds all of it makes and deletes them.
Result<void> require_tenant(const Call& call) {
    if (call.principal.project.empty()) return {};
    return Error(Code::kForbidden,
                 "this key holds one project: a key of the tenant makes and deletes projects");
}

}  // namespace

net::Awaitable<Result<void>> list_projects(Call& call) {
    auto projects = call.services.projects.snapshot();
    json::Array items;
    for (const Project* project : visible_by_name(
             *projects, [&](const Project& row) { return call.scope.sees_project(row.uid); }))
        items.push_back(to_json(*project));
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_project(Call& call) {
    auto project = find_project(call, call.parameters[0]);
    if (!project) co_return project.error();
    respond_json(call, 200, to_json(*project));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> create_project(Call& call) {
    if (auto tenant = require_tenant(call); !tenant) co_return tenant.error();
    auto body = co_await read_json_body(call);
    if (!body) co_return body.error();
    if (auto known = json::refuse_unknown(*body, {"name", "uid"}); !known) co_return known.error();
    auto name = required_name(*body);
    if (!name) co_return name.error();
    auto uid = uid_or_random(*body);
    if (!uid) co_return uid.error();
    const Project project{*uid, *name};
    store::WriteFunction write = [project](store::WriteTxn& txn) {
        return access::create_project(txn, project);
    };
    auto done = co_await commit_registry(call.services, std::move(write));
    if (!done) co_return done.error();
    respond_json(call, 201, to_json(project));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> delete_project(Call& call) {
    if (auto tenant = require_tenant(call); !tenant) co_return tenant.error();
    auto force = query_flag(call.request, "force");
    if (!force) co_return force.error();
    auto project = find_project(call, call.parameters[0]);
    if (!project) co_return project.error();
    for (const auto& [uid, cluster] : *call.services.clusters.snapshot()) {
        if (cluster.project != project->uid) continue;
        auto deletable = call.services.sources.require_deletable(cluster);
        if (!deletable) co_return deletable.error();
    }
    store::WriteFunction write = [uid = project->uid, forced = *force](store::WriteTxn& txn) {
        return cluster::delete_project(txn, uid, forced);
    };
    std::function<void()> then = [&services = call.services] { forget_deleted(services); };
    auto done = co_await commit_registry(call.services, std::move(write), std::move(then));
    if (!done) co_return done.error();
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin

#include <functional>

#include "api/admin/asked_set.h"
#include "api/admin/body.h"
#include "api/admin/routes.h"
#include "api/items.h"
#include "api/visible.h"
#include "audit/action.h"
#include "cluster/object_quota.h"
#include "net/server/aside.h"

namespace snapgate::api::admin {

using access::Project;
using base::Code;
using base::Error;
using base::Result;

namespace {

json::Object to_json(const Project& project) {
    json::Object out{{"uid", project.uid}, {"name", project.name}};
    if (!project.apply_set.name.empty()) out["applySet"] = project.apply_set.name;
    if (project.quota != access::Quota()) out["quota"] = access::to_json(project.quota);
    return out;
}

// How much of what a quota bounds the project has.
Result<json::Object> count_use(const Services& services, const std::string& uid) {
    const auto clusters = services.clusters.snapshot();
    cluster::ObjectSum sum;
    const store::ReadView view = services.store.read();
    for (const auto& [number, kind] : cluster::counted_objects(uid, *clusters)) {
        SNAPGATE_ASSIGN(const uint64_t count, view.count(number, kind));
        SNAPGATE_ASSIGN(const uint64_t bytes, view.bytes(number, kind));
        sum.objects += count;
        sum.bytes += bytes;
    }
    return json::Object{{"clusters", clusters->count_of(uid)},
                        {"keys", services.keys.keys()->count_of(uid)},
                        {"objects", sum.objects},
                        {"bytes", sum.bytes}};
}

net::Awaitable<Result<json::Object>> used_by(Call& call, const std::string& uid) {
    // Ten microseconds: to read so much JSON takes as long.
    constexpr size_t kBytesOfCluster = 330;
    const size_t clusters = call.services.clusters.snapshot()->count_of(uid);
    auto count = [&] { return count_use(call.services, uid); };
    co_return co_await net::make_aside(*call.response.stream, clusters * kBytesOfCluster,
                                       std::move(count));
}

audit::Object project_object(const Project& project) {
    return {.kind = "Project", .name = project.name, .id = project.uid};
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
                 "this key holds one project: a key of the tenant makes and deletes "
                 "projects, and sets their quotas");
}

}  // namespace

net::Awaitable<Result<void>> list_projects(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto asked, asked_set(call));
    const auto projects = call.services.projects.snapshot();
    std::function<Result<json::Array>()> make = [&] {
        json::Array items;
        for (const Project* project : visible_by_name(*projects, [&](const Project& row) {
                 return call.scope.sees_project(row.uid) && (!asked || *asked == row.apply_set);
             }))
            items.push_back(to_json(*project));
        return items;
    };
    co_return co_await respond_items(call, projects->size(), std::move(make));
}

net::Awaitable<Result<void>> get_project(Call& call) {
    SNAPGATE_CO_ASSIGN(auto project, find_project(call, call.parameters[0]));
    json::Object document = to_json(project);
    // It tells of all clusters.
    if (!call.scope.clusters) {
        SNAPGATE_CO_ASSIGN(auto used, co_await used_by(call, project.uid));
        document["used"] = std::move(used);
    }
    respond_json(call, 200, document);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> create_project(Call& call) {
    SNAPGATE_CO_TRY(require_tenant(call));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call));
    SNAPGATE_CO_TRY(json::refuse_unknown(body, {"name", "uid", "applySet"}));
    SNAPGATE_CO_ASSIGN(auto name, required_name(body));
    SNAPGATE_CO_ASSIGN(auto uid, uid_or_random(body));
    SNAPGATE_CO_ASSIGN(auto set, set_of_new(call, body));
    const Project project{uid, name, {}, set};
    store::WriteFunction write = [project, &table = call.services.projects](store::WriteTxn& txn) {
        return access::create_project(txn, project, &table);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call, std::move(write), project_object(project),
                                             audit::Change::kCreated));
    respond_json(call, 201, to_json(project));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> set_quota(Call& call) {
    SNAPGATE_CO_TRY(require_tenant(call));
    SNAPGATE_CO_ASSIGN(auto project, find_project(call, call.parameters[0]));
    SNAPGATE_CO_TRY(call.services.declared_projects->require_quota_settable(project));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call));
    SNAPGATE_CO_ASSIGN(project.quota, access::parse_quota(body));
    store::WriteFunction write = [uid = project.uid, quota = project.quota](store::WriteTxn& txn) {
        return access::set_quota(txn, uid, quota);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call, std::move(write), project_object(project),
                                             audit::Change::kUpdated));
    json::Object document = to_json(project);
    SNAPGATE_CO_ASSIGN(auto used, co_await used_by(call, project.uid));
    document["used"] = std::move(used);
    respond_json(call, 200, document);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> delete_project(Call& call) {
    SNAPGATE_CO_TRY(require_tenant(call));
    SNAPGATE_CO_ASSIGN(auto force, query_flag(call.request, "force"));
    SNAPGATE_CO_ASSIGN(auto project, find_project(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(const auto asked, asked_set(call));
    SNAPGATE_CO_TRY(require_set(asked, project.apply_set));
    SNAPGATE_CO_TRY(call.services.declared_projects->require_deletable(project));
    const auto clusters = call.services.clusters.snapshot();
    for (const auto& [uid, cluster] : *clusters) {
        if (cluster.project != project.uid) continue;
        SNAPGATE_CO_TRY(call.services.sources.require_deletable(cluster));
    }
    const cluster::Tables tables{&call.services.clusters, &call.services.keys.table()};
    store::WriteFunction write = [uid = project.uid, forced = force, tables](store::WriteTxn& txn) {
        return cluster::delete_project(txn, uid, forced, tables);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call, std::move(write), project_object(project),
                                             audit::Change::kRemoved));
    forget_deleted(call.services);
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin

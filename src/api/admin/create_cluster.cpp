#include <fmt/format.h>

#include <memory>
#include <optional>

#include "api/admin/asked_set.h"
#include "api/admin/body.h"
#include "api/admin/cluster_document.h"
#include "api/admin/connection_request.h"
#include "api/admin/routes.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;
using cluster::Cluster;
using cluster::ClusterType;

namespace {

// The project that a new cluster belongs to: the one asked for, that of the request, or Default.
Result<std::string> project_of_new(const Call& call, const std::string& asked) {
    auto projects = call.services.projects.snapshot();
    if (!asked.empty()) {
        if (!projects->contains(asked) || !call.scope.sees_project(asked))
            return access::no_such_project(asked);
        return asked;
    }
    if (!call.scope.project.empty()) return call.scope.project;
    if (auto uid = projects->id_of(access::Project::owner(), access::kDefaultProject))
        return std::move(*uid);
    return Error(
        Code::kInvalidBody,
        fmt::format("there is no project named {}: say which project the cluster belongs to",
                    access::kDefaultProject),
        "projectUid");
}

Result<ClusterType> read_type(const json::Object& body) {
    SNAPGATE_ASSIGN(std::string type, json::optional_string(body, "type"));
    if (type.empty() || type == "hosted") {
        SNAPGATE_TRY(json::refuse_unknown(
            body, {"name", "uid", "projectUid", "type", "applySet", "expectedEvery"}));
        return ClusterType::kHosted;
    }
    if (type == "connected") {
        SNAPGATE_TRY(json::refuse_unknown(
            body, {"name", "uid", "projectUid", "type", "kubeconfig", "context", "applySet"}));
        return ClusterType::kConnected;
    }
    return Error(Code::kInvalidBody, "type must be hosted or connected", "type");
}

// What the body says but for the connection.
Result<Cluster> read_cluster(const Call& call, const json::Object& body) {
    Cluster cluster;
    SNAPGATE_ASSIGN(cluster.type, read_type(body));
    SNAPGATE_ASSIGN(cluster.name, required_name(body));
    SNAPGATE_ASSIGN(cluster.uid, uid_or_random(body));
    SNAPGATE_ASSIGN(std::string asked, json::optional_string(body, "projectUid"));
    SNAPGATE_ASSIGN(cluster.project, project_of_new(call, asked));
    SNAPGATE_ASSIGN(cluster.apply_set, set_of_new(call, body));
    SNAPGATE_ASSIGN(cluster.imports.expected_every, expected_every(body));
    cluster.imports.expected_since_ms = call.services.store.now_ms();
    // The commit looks again; but a connection is not tried in vain.
    const auto projects = call.services.projects.snapshot();
    const auto project = projects->find(cluster.project);
    if (project == projects->end()) return access::no_such_project(cluster.project);
    SNAPGATE_TRY(cluster::check_new(cluster, *call.services.clusters.snapshot(), project->second,
                                    call.scope));
    return cluster;
}

// Stores it, follows it if it is connected, and answers.
net::Awaitable<Result<void>> store_cluster(Call& call, Cluster cluster, json::Array warnings) {
    auto made = std::make_shared<Cluster>(std::move(cluster));
    store::WriteFunction write =
        [made, now_ms = call.services.store.now_ms(), caller = call.scope,
         &table = call.services.clusters](store::WriteTxn& txn) -> Result<void> {
        if (made->connected()) {
            SNAPGATE_ASSIGN(*made, cluster::create_connected(txn, *made, caller, &table));
        } else {
            SNAPGATE_ASSIGN(*made, cluster::create_hosted(txn, *made, now_ms, caller, &table));
        }
        return {};
    };
    if (call.audit != nullptr) {
        call.audit->cluster = made->uid;
        call.audit->cluster_name = made->name;
    }
    SNAPGATE_CO_TRY(co_await commit_registry(call, std::move(write), cluster_object(*made),
                                             audit::Change::kCreated));
    follow_committed(call.services, made->uid);
    SNAPGATE_CO_ASSIGN(auto item,
                       cluster_document(call.services, *made, call.services.store.read()));
    if (made->connected()) item["warnings"] = std::move(warnings);
    respond_json(call, 201, item);
    co_return Result<void>{};
}

}  // namespace

net::Awaitable<Result<void>> create_cluster(Call& call) {
    SNAPGATE_CO_ASSIGN(const bool dry_run, query_flag(call.request, "dryRun"));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call, kMaxConnectionBodyBytes));
    SNAPGATE_CO_ASSIGN(auto cluster, read_cluster(call, body));
    json::Array warnings;
    if (cluster.connected()) {
        SNAPGATE_CO_ASSIGN(auto connection, co_await read_connection(call, body));
        SNAPGATE_CO_ASSIGN(auto checked, co_await check_request(call, std::move(connection)));
        SNAPGATE_CO_ASSIGN(auto sealed, call.services.sealer.seal(cluster.uid, checked.connection));
        cluster.sealed = std::move(sealed);
        cluster.server = connect::shown_server(checked.connection);
        cluster.connected_by = connected_by(call);
        warnings = warnings_document(checked.check);
    }
    if (dry_run) {
        json::Object would{{"uid", cluster.uid},
                           {"name", cluster.name},
                           {"projectUid", cluster.project},
                           {"type", cluster::to_text(cluster.type)},
                           {"dryRun", true}};
        if (cluster.connected()) would["warnings"] = std::move(warnings);
        respond_json(call, 200, would);
        co_return Result<void>{};
    }
    co_return co_await store_cluster(call, std::move(cluster), std::move(warnings));
}

}  // namespace snapgate::api::admin

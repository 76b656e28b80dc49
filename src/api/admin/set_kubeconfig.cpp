#include "api/admin/cluster_document.h"
#include "api/admin/connection_request.h"
#include "api/admin/routes.h"

namespace snapgate::api::admin {

using base::Result;

namespace {

Result<void> respond(Call& call, const cluster::Cluster& cluster, bool changed,
                     json::Array warnings) {
    SNAPGATE_ASSIGN(json::Object document,
                    cluster_document(call.services, cluster, call.services.store.read()));
    document["changed"] = changed;
    document["warnings"] = std::move(warnings);
    respond_json(call, 200, document);
    return {};
}

}  // namespace

net::Awaitable<Result<void>> set_kubeconfig(Call& call) {
    SNAPGATE_CO_ASSIGN(const bool dry_run, query_flag(call.request, "dryRun"));
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call, kMaxConnectionBodyBytes));
    SNAPGATE_CO_TRY(json::refuse_unknown(body, {"kubeconfig", "context"}));
    SNAPGATE_CO_TRY(cluster::require_settable(cluster));
    SNAPGATE_CO_ASSIGN(auto connection, co_await read_connection(call, body));
    const auto before = call.services.sealer.open(cluster.uid, cluster.sealed);
    // A connection that was a project's, given by the tenant, may lead to other addresses from now
    // on.
    const bool raised = connected_by(call) == cluster::ConnectedBy::kTenant &&
                        cluster.connected_by == cluster::ConnectedBy::kProject;
    if (before && *before == connection && !raised) {
        // The cluster is followed with this connection already: giving it again lists nothing anew.
        // A cluster that waits for its next attempt is only tried at once; until that succeeds it
        // stays in the state that it is in.
        if (!dry_run) call.services.mirrors.retry_now(cluster);
        co_return respond(call, cluster, false, {});
    }
    SNAPGATE_CO_ASSIGN(auto checked, co_await check_request(call, std::move(connection)));
    if (dry_run) co_return respond(call, cluster, true, warnings_document(checked.check));
    auto sealed = call.services.sealer.seal(cluster.uid, checked.connection);
    if (!sealed) co_return sealed.error();

    store::WriteFunction write = [uid = cluster.uid, sealed = *sealed,
                                  server = connect::shown_server(checked.connection),
                                  by = connected_by(call)](store::WriteTxn& txn) {
        return cluster::set_connection(txn, uid, sealed, server, by);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call, std::move(write), cluster_object(cluster),
                                             audit::Change::kUpdated));
    follow_committed(call.services, cluster.uid);
    cluster.server = connect::shown_server(checked.connection);
    co_return respond(call, cluster, true, warnings_document(checked.check));
}

}  // namespace snapgate::api::admin

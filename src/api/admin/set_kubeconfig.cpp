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
    auto cluster = find_cluster(call, call.parameters[0]);
    if (!cluster) co_return cluster.error();
    auto body = co_await read_json_body(call);
    if (!body) co_return body.error();
    auto known = json::refuse_unknown(*body, {"kubeconfig", "context"});
    if (!known) co_return known.error();
    auto settable = cluster::require_settable(*cluster);
    if (!settable) co_return settable.error();
    auto connection = read_connection(*body);
    if (!connection) co_return connection.error();
    const auto before = call.services.sealer.open(cluster->uid, cluster->sealed);
    if (before && *before == *connection) {
        // The cluster is followed with this connection already: giving it again lists nothing anew.
        // A cluster that waits for its next attempt is only tried at once; until that succeeds it
        // stays in the state that it is in.
        call.services.connections.retry_now(cluster->number);
        co_return respond(call, *cluster, false, {});
    }
    auto checked = co_await check_request(call, std::move(*connection));
    if (!checked) co_return checked.error();
    auto sealed = call.services.sealer.seal(cluster->uid, checked->connection);
    if (!sealed) co_return sealed.error();

    store::WriteFunction write =
        [uid = cluster->uid, sealed = *sealed, server = cluster::shown_server(checked->connection)](
            store::WriteTxn& txn) { return cluster::set_connection(txn, uid, sealed, server); };
    std::function<void()> then = [&services = call.services, uid = cluster->uid] {
        follow(services, uid);
    };
    auto done = co_await commit_registry(call.services, std::move(write), std::move(then));
    if (!done) co_return done.error();
    cluster->server = cluster::shown_server(checked->connection);
    co_return respond(call, *cluster, true, warnings_document(checked->check));
}

}  // namespace snapgate::api::admin

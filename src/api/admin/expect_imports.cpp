#include "api/admin/body.h"
#include "api/admin/cluster_document.h"
#include "api/admin/routes.h"

namespace snapgate::api::admin {

using base::Result;

net::Awaitable<Result<void>> expect_imports(Call& call) {
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_TRY(cluster::require_hosted(cluster, "imports are expected of"));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_json_body(call));
    SNAPGATE_CO_TRY(json::refuse_unknown(body, {"expectedEvery"}));
    SNAPGATE_CO_ASSIGN(const base::Millis every, expected_every(body));
    const int64_t now_ms = call.services.store.now_ms();
    store::WriteFunction write = [uid = cluster.uid, every, now_ms](store::WriteTxn& txn) {
        return cluster::expect_imports(txn, uid, every, now_ms);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call.services, std::move(write)));
    SNAPGATE_CO_ASSIGN(cluster, find_cluster(call, cluster.uid));
    SNAPGATE_CO_ASSIGN(auto document,
                       cluster_document(call.services, cluster, call.services.store.read()));
    respond_json(call, 200, document);
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin

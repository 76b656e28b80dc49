#include <functional>

#include "api/admin/asked_set.h"
#include "api/admin/cluster_document.h"
#include "api/admin/routes.h"
#include "api/items.h"
#include "api/visible.h"

namespace snapgate::api::admin {

using base::Result;
using cluster::Cluster;

net::Awaitable<Result<void>> list_clusters(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto asked, asked_set(call));
    const auto clusters = call.services.clusters.snapshot();
    std::function<Result<json::Array>()> make = [&]() -> Result<json::Array> {
        json::Array items;
        const store::ReadView view = call.services.store.read();
        for (const Cluster* cluster : visible_by_name(*clusters, [&](const Cluster& row) {
                 return call.scope.sees_cluster(row.project, row.number) &&
                        (!asked || *asked == row.apply_set);
             })) {
            SNAPGATE_ASSIGN(auto item, cluster_document(call.services, *cluster, view));
            items.push_back(std::move(item));
        }
        return items;
    };
    co_return co_await respond_items(call, clusters->size(), std::move(make));
}

net::Awaitable<Result<void>> get_cluster(Call& call) {
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(auto item,
                       cluster_document(call.services, cluster, call.services.store.read()));
    respond_json(call, 200, item);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> delete_cluster(Call& call) {
    SNAPGATE_CO_ASSIGN(auto force, query_flag(call.request, "force"));
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(const auto asked, asked_set(call));
    SNAPGATE_CO_TRY(require_set(asked, cluster.apply_set));
    SNAPGATE_CO_TRY(call.services.sources.require_deletable(cluster));
    store::WriteFunction write = [uid = cluster.uid, forced = force](store::WriteTxn& txn) {
        return cluster::delete_cluster(txn, uid, forced);
    };
    SNAPGATE_CO_TRY(co_await commit_registry(call, std::move(write), cluster_object(cluster),
                                             audit::Change::kRemoved));
    forget_deleted(call.services);
    call.response.status = 204;
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin

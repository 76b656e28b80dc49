#include "api/cluster_writes.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"
#include "json/object.h"

namespace snapgate::api::palette {
namespace {

using base::Code;
using base::Result;

// The uid of the snapshot that the request names: what is deleted is what was looked at.
Result<std::string> find_uid(const Call& call, const SnapshotRequest& request) {
    store::ReadView view = call.services.store.read();
    SNAPGATE_ASSIGN(auto found, view.newest(request.cluster.number, model::Kind::kSnapshot,
                                            request.ns, request.name));
    if (!found || found->object.vm != request.vm) return request.no_such_snapshot();
    SNAPGATE_ASSIGN(json::Identity identity, json::read_identity(found->object));
    return std::move(identity.uid);
}

}  // namespace

net::Awaitable<Result<void>> delete_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    if (request.cluster.connected()) {
        InCluster place{call, request.cluster, request.ns, request.name, {}};
        SNAPGATE_CO_TRY(co_await delete_in_cluster(std::move(place), request.vm));
        call.response.status = 204;
        call.response.content_type = "";
        co_return Result<void>{};
    }
    SNAPGATE_CO_ASSIGN(auto uid, find_uid(call, request));
    rules::DeleteOptions options;
    options.uid = std::move(uid);
    auto written =
        co_await objects::remove(call.services.hosted_store(), request.place(), std::move(options));
    if (!written) {
        if (written.error().code == Code::kNotFound) co_return request.no_such_snapshot();
        co_return written.error();
    }
    call.response.status = 204;
    call.response.content_type = "";
    co_return Result<void>{};
}

}  // namespace snapgate::api::palette

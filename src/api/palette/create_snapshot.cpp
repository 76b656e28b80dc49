#include <fmt/format.h>

#include "api/cluster_writes.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"
#include "model/names.h"

namespace snapgate::api::palette {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> create_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    if (!model::is_dns_subdomain(request.vm)) {
        co_return Error(Code::kInvalidParameter,
                        fmt::format("\"{}\" can be no VM's name", request.vm.substr(0, 253)),
                        "vmName");
    }
    SNAPGATE_CO_ASSIGN(auto body, co_await read_snapshot(call, request));
    if (request.cluster.connected()) {
        InCluster place{call, request.cluster, request.ns, {}, field_manager(call.request)};
        SNAPGATE_CO_ASSIGN(auto written,
                           co_await create_in_cluster(std::move(place), std::move(body.object)));
        co_return respond_snapshot(call, written);
    }
    rules::Writer writer = writer_of(call);
    const objects::CreateOptions options{.make_namespace = true};
    auto written = co_await objects::create(call.services.hosted_store(), request.place(),
                                            std::move(body), std::move(writer), options);
    if (!written) {
        Error error = std::move(written).error();
        // Kubernetes forbids it; for this API it is a conflict that passes.
        if (error.code == Code::kForbidden) error.code = Code::kConflict;
        co_return error;
    }
    co_return respond_snapshot(call, *written);
}

}  // namespace snapgate::api::palette

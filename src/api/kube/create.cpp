#include "api/kube/body.h"
#include "api/kube/operations.h"

namespace snapgate::api::kube {

using base::Result;

net::Awaitable<Result<void>> create_object(Call& call) {
    SNAPGATE_CO_ASSIGN(auto parameters, read_write_parameters(call, "CreateOptions"));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_object(call));
    const Services& services = call.services;
    if (call.resource.kind == model::Kind::kNamespace) {
        SNAPGATE_CO_ASSIGN(auto written, co_await create_namespace(
                                             services, call.cluster, std::move(body),
                                             std::move(parameters.writer), parameters.dry_run));
        co_return respond_written(call, written, 201);
    }
    rules::Target target;
    target.ns = call.resource.ns;
    const CreateOptions options{.dry_run = parameters.dry_run};
    SNAPGATE_CO_ASSIGN(auto written, co_await create_snapshot(
                                         services, call.cluster, std::move(body), std::move(target),
                                         std::move(parameters.writer), options));
    co_return respond_written(call, written, 201);
}

}  // namespace snapgate::api::kube

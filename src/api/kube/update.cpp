#include "api/kube/body.h"
#include "api/kube/operations.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> update_object(Call& call) {
    if (call.resource.name.empty())
        co_return Error(Code::kInvalidParameter, "name must be provided");
    SNAPGATE_CO_ASSIGN(auto parameters, read_write_parameters(call, "UpdateOptions"));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_object(call));
    rules::Target target{call.resource.ns, call.resource.name, call.resource.status};
    MakeBody make_body = [&body](const json::Object&) -> Result<rules::Body> { return body; };
    SNAPGATE_CO_ASSIGN(auto written,
                       co_await update_snapshot(call.services, call.cluster, std::move(target),
                                                std::move(parameters.writer), std::move(make_body),
                                                parameters.dry_run));
    co_return respond_written(call, written, 200);
}

}  // namespace snapgate::api::kube

#include "api/kube/body.h"
#include "api/kube/operations.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> update_object(KubeCall& call) {
    if (call.resource.name.empty())
        co_return Error(Code::kInvalidParameter, "name must be provided");
    auto parameters = read_write_parameters(call, "UpdateOptions");
    if (!parameters) co_return parameters.error();
    auto body = co_await read_object(call);
    if (!body) co_return body.error();
    rules::Target target{call.resource.ns, call.resource.name, call.resource.status};
    MakeBody make_body = [&body](const json::Object&) -> Result<rules::Body> { return *body; };
    auto written = co_await update_snapshot(call.call.services, call.cluster, std::move(target),
                                            std::move(parameters->writer), std::move(make_body),
                                            parameters->dry_run);
    if (!written) co_return written.error();
    co_return respond_written(call, *written, 200);
}

}  // namespace snapgate::api::kube

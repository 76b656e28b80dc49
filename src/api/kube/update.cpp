#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "objects/hosted_writes.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> update_object(Call& call) {
    if (call.resource.name.empty())
        co_return Error(Code::kInvalidParameter, "name must be provided");
    SNAPGATE_CO_ASSIGN(auto parameters, read_write_parameters(call, "UpdateOptions"));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_object(call));
    const rules::Target target{call.resource.ns, call.resource.name, call.resource.status};
    objects::Decide decide = [&](const json::Object& live) {
        return rules::update(live, body, target, parameters.writer);
    };
    // The status of an object that is damaged says nothing of the rest.
    const bool whole = !call.resource.status && call.resource.kind == model::Kind::kSnapshot;
    auto change =
        whole ? objects::replace_hosted(call.write_context(), place_of(call), body,
                                        parameters.writer, std::move(decide), parameters.dry_run)
              : objects::change_hosted(call.write_context(), place_of(call), std::move(decide),
                                       parameters.dry_run);
    SNAPGATE_CO_ASSIGN(auto written, co_await std::move(change));
    co_return co_await respond_written(call, std::move(written), 200);
}

}  // namespace snapgate::api::kube

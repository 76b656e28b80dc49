#include <fmt/format.h>

#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"
#include "model/names.h"
#include "objects/writes.h"
#include "rules/object_rules.h"

namespace snapgate::api::palette {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> create_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    if (!model::is_dns_subdomain(request.vm)) {
        co_return Error(Code::kInvalidParameter,
                        fmt::format("\"{}\" can be no VM's name", model::shown_name(request.vm)),
                        "vmName");
    }
    SNAPGATE_CO_ASSIGN(auto body, co_await read_snapshot(call, request));
    auto written = co_await objects::create(call.write_context(), request.place(), std::move(body),
                                            writer_of(call));
    if (!written) {
        Error error = std::move(written).error();
        // Kubernetes forbids the write; for this API it is a conflict that passes.
        if (rules::is_namespace_terminating(error)) error.code = Code::kConflict;
        co_return error;
    }
    co_return co_await respond_snapshot(call, std::move(*written));
}

}  // namespace snapgate::api::palette

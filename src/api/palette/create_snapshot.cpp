#include <fmt/format.h>

#include <algorithm>

#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"
#include "model/names.h"
#include "objects/writes.h"

namespace snapgate::api::palette {
namespace {

using base::Code;
using base::Error;
using base::Result;

// Whether it is the namespace that is going: Kubernetes forbids the write then; for this API it is
// a conflict that passes.
bool is_terminating(const Error& error) {
    return error.code == Code::kForbidden &&
           std::ranges::any_of(error.causes, [](const base::Cause& cause) {
               return cause.reason == "NamespaceTerminating";
           });
}

}  // namespace

net::Awaitable<Result<void>> create_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    if (!model::is_dns_subdomain(request.vm)) {
        co_return Error(Code::kInvalidParameter,
                        fmt::format("\"{}\" can be no VM's name", request.vm.substr(0, 253)),
                        "vmName");
    }
    SNAPGATE_CO_ASSIGN(auto body, co_await read_snapshot(call, request));
    auto written = co_await objects::create(call.write_context(), request.place(), std::move(body),
                                            writer_of(call));
    if (!written) {
        Error error = std::move(written).error();
        if (is_terminating(error)) error.code = Code::kConflict;
        co_return error;
    }
    co_return co_await respond_snapshot(call, std::move(*written));
}

}  // namespace snapgate::api::palette

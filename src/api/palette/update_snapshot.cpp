#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"
#include "objects/writes.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> update_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    SNAPGATE_CO_ASSIGN(auto body, co_await read_snapshot(call, request));
    auto written = co_await objects::replace(call.write_context(), request.place(), request.vm,
                                             std::move(body), writer_of(call));
    if (!written) co_return request.in_own_words(std::move(written).error());
    co_return co_await respond_snapshot(call, std::move(*written));
}

}  // namespace snapgate::api::palette

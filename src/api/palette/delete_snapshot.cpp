#include "api/palette/routes.h"
#include "api/palette/snapshot_request.h"
#include "objects/writes.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> delete_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    auto removed = co_await objects::remove(call.write_context(), request.place(), request.vm);
    if (!removed) co_return request.in_own_words(std::move(removed).error());
    call.response.status = 204;
    call.response.content_type = "";
    co_return Result<void>{};
}

}  // namespace snapgate::api::palette

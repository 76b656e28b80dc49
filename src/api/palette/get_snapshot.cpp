#include "api/freshness.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "api/palette/snapshot_request.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> get_snapshot(Call& call) {
    SNAPGATE_CO_ASSIGN(auto request, read_snapshot_request(call));
    SNAPGATE_CO_TRY(co_await check_freshness(call, request.cluster));
    store::ReadView view = call.services.store.read();
    SNAPGATE_CO_ASSIGN(auto found, view.newest(request.cluster.number, model::Kind::kSnapshot,
                                               request.ns, request.name));
    if (!found || found->object.vm != request.vm) co_return request.no_such_snapshot();
    call.response.add_header("Cache-Control", "private, no-cache");
    co_return respond_object(call, found->object);
}

}  // namespace snapgate::api::palette

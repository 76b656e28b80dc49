#include "api/etag.h"
#include "api/freshness.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "net/await.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> list_snapshots(Call& call) {
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(auto request, query::parse_list_request(call.request.query));
    request.kubernetes_form = wants_kubernetes_form(call.request);
    SNAPGATE_CO_TRY(co_await vouch_for_mirror(call, cluster, Side::kPalette));

    const query::ListContext context = call.services.list_context();
    SNAPGATE_CO_ASSIGN(auto page,
                       query::ListPage::plan(context, call.services.store.read(),
                                             {cluster.number, cluster.uid}, std::move(request)));
    call.response.add_header("ETag", page.etag());
    call.response.add_header("Cache-Control", "private, no-cache");
    if (none_match(call.request, page.etag())) {
        call.response.status = 304;
        co_return Result<void>{};
    }
    while (true) {
        // A view of its own for each step: none is kept while other requests go on.
        SNAPGATE_CO_ASSIGN(auto whole, page.step(call.services.store.read(), call.response.body));
        if (whole) co_return Result<void>{};
        co_await net::yield();
    }
}

}  // namespace snapgate::api::palette

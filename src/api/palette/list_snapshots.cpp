#include "api/etag.h"
#include "api/freshness.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "net/await.h"

namespace snapgate::api::palette {

using base::Result;

net::Awaitable<Result<void>> list_snapshots(Call& call) {
    auto cluster = find_cluster(call, call.parameters[0]);
    if (!cluster) co_return cluster.error();
    auto request = query::parse_list_request(call.request.query);
    if (!request) co_return request.error();
    request->kubernetes_form = wants_kubernetes_form(call.request);
    auto vouched = co_await vouch_for_mirror(call, *cluster, Side::kPalette);
    if (!vouched) co_return vouched;

    const query::ListContext context = call.services.list_context();
    auto page = query::ListPage::plan(context, call.services.store.read(),
                                      {cluster->number, cluster->uid}, std::move(*request));
    if (!page) co_return page.error();
    call.response.add_header("ETag", page->etag());
    call.response.add_header("Cache-Control", "private, no-cache");
    if (none_match(call.request, page->etag())) {
        call.response.status = 304;
        co_return Result<void>{};
    }
    while (true) {
        // A view of its own for each step: none is kept while other requests go on.
        auto whole = page->step(call.services.store.read(), call.response.body);
        if (!whole) co_return whole.error();
        if (*whole) co_return Result<void>{};
        co_await net::yield();
    }
}

}  // namespace snapgate::api::palette

#include <memory>
#include <string>

#include "api/etag.h"
#include "api/freshness.h"
#include "api/palette/fleet_snapshots.h"
#include "api/palette/list_document.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "json/object.h"
#include "net/await.h"
#include "query/palette_list.h"

namespace snapgate::api::palette {

using base::Result;
using query::PaletteList;

namespace {

constexpr query::ListWords kWords{
    .broken_token =
        [](std::string_view) {
            return std::string(
                "continue is no token that this server gave out: use the token of the page before "
                "with the same cluster, vmName and namespace, or leave it out to begin anew");
        },
    .foreign_token =
        "continue belongs to another list: use the token of the page before with the "
        "same cluster, vmName and namespace, or leave it out to begin anew",
    .token_expired =
        "the state that this list began with is no longer kept: go on with "
        "details.continue at the newest state, or begin anew without a token",
    .state_expired = "the state that this list began with is no longer kept: begin anew",
    .version_with_token = {},
    .version_ahead = nullptr,
};

}  // namespace

net::Awaitable<Result<void>> list_snapshots(Call& call) {
    if (wants_fleet_list(call)) co_return co_await list_fleet_snapshots(call);
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(auto request, query::parse_list_request(call.request.query));
    const bool kubernetes_form = call.form.shape == Shape::kObject;
    request.kubernetes_form = kubernetes_form;
    SNAPGATE_CO_TRY(co_await check_freshness(call, cluster));

    SNAPGATE_CO_ASSIGN(
        auto page, PaletteList::plan(call.services.list_context(kWords), call.services.store.read(),
                                     {cluster.number, cluster.uid}, std::move(request)));
    call.response.add_header("ETag", page.etag());
    call.response.add_header("Cache-Control", "private, no-cache");
    if (none_match(call.request, page.etag())) {
        call.response.status = 304;
        co_return Result<void>{};
    }
    const store::Store& store = call.services.store;
    std::string& body = call.response.body;
    body += kListBegin;
    const auto append = [&page, kubernetes_form](const store::Found& found, std::string& out) {
        if (page.items() > 0) out += ',';
        if (kubernetes_form) return json::append_kubernetes_form(found.object, out);
        out += found.object.text;
        return Result<void>();
    };
    std::shared_ptr<void> history;
    while (true) {
        // A view of its own for each step: none is kept while other requests go on.
        SNAPGATE_CO_ASSIGN(const bool whole, page.step(store.read(), body, append));
        if (whole) break;
        if (!history) history = call.services.store.hold_history(cluster.number, page.revision());
        co_await net::yield();
    }
    append_list_end(page.continue_token(), page.remaining(), page.version(), body);
    co_return Result<void>();
}

}  // namespace snapgate::api::palette

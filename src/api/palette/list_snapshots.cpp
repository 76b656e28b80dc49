#include <functional>
#include <string>
#include <utility>

#include "api/etag.h"
#include "api/freshness.h"
#include "api/kube/list_plan.h"
#include "api/list_text.h"
#include "api/palette/fleet_snapshots.h"
#include "api/palette/list_document.h"
#include "api/palette/list_words.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "json/object.h"
#include "query/palette_list.h"

namespace snapgate::api::palette {

using base::Result;
using query::PaletteList;

namespace {

// A page of one cluster's snapshots.
class Page : public PageDocument {
  public:
    explicit Page(bool kubernetes_form) : kubernetes_form_(kubernetes_form) {}

    Result<void> item(const PaletteList& list, const store::Found& found, std::string& out) const {
        if (list.items() > 0) out += ',';
        if (kubernetes_form_) return json::append_kubernetes_form(found.object, out);
        out += found.object.text;
        return {};
    }

  private:
    bool kubernetes_form_;
};

}  // namespace

net::Awaitable<Result<void>> list_snapshots(Call& call) {
    if (wants_fleet_list(call)) co_return co_await list_fleet_snapshots(call);
    SNAPGATE_CO_ASSIGN(auto cluster, find_cluster(call, call.parameters[0]));
    SNAPGATE_CO_ASSIGN(auto request, query::parse_list_request(call.request.query));
    const bool kubernetes_form = call.form.shape == Shape::kObject;
    request.kubernetes_form = kubernetes_form;
    SNAPGATE_CO_TRY(co_await check_freshness(call, cluster));

    std::function<Result<PaletteList>()> plan = [&] {
        return PaletteList::plan(call.services.list_context(kListWords), call.services.store.read(),
                                 {cluster.number, cluster.uid}, request);
    };
    SNAPGATE_CO_ASSIGN(auto list, co_await kube::plan_when_reached(std::move(plan)));
    call.response.add_header("ETag", list.etag());
    call.response.add_header("Cache-Control", "private, no-cache");
    if (none_match(call.request, list.etag())) {
        call.response.status = 304;
        co_return Result<void>{};
    }
    ListText text(call.services.store, std::move(list), Page(kubernetes_form));
    co_return co_await send_measured(call, text);
}

}  // namespace snapgate::api::palette

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "api/etag.h"
#include "api/freshness.h"
#include "api/kube/list_plan.h"
#include "api/measured_text.h"
#include "api/palette/fleet_snapshots.h"
#include "api/palette/list_document.h"
#include "api/palette/routes.h"
#include "api/palette/snapshot_form.h"
#include "json/object.h"
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

class PageText final : public RepeatableText {
  public:
    PageText(store::Store& store, model::ClusterNumber cluster, PaletteList page,
             bool kubernetes_form)
        : store_(store),
          cluster_(cluster),
          page_(std::move(page)),
          kubernetes_form_(kubernetes_form) {}

    Result<bool> step(std::string& out, size_t full) override {
        if (!begun_) out += kListBegin;
        begun_ = true;
        // A view of its own for each step: none is kept while other requests go on.
        SNAPGATE_ASSIGN(const bool whole,
                        page_.step(store_.read(), out, full,
                                   [this](const store::Found& found, std::string& text) {
                                       return append(found, text);
                                   }));
        if (whole) append_list_end(page_.continue_token(), page_.remaining(), page_.version(), out);
        return whole;
    }
    bool is_cheap() const override { return true; }
    void hold_history() override { history_ = store_.hold_history(cluster_, page_.revision()); }
    void mark() override {
        mark_ = page_.mark();
        begun_at_mark_ = begun_;
    }
    void return_to_mark() override {
        page_.return_to(mark_);
        begun_ = begun_at_mark_;
    }

  private:
    Result<void> append(const store::Found& found, std::string& out) const {
        if (page_.items() > 0) out += ',';
        if (kubernetes_form_) return json::append_kubernetes_form(found.object, out);
        out += found.object.text;
        return {};
    }

    store::Store& store_;
    const model::ClusterNumber cluster_;
    PaletteList page_;
    const bool kubernetes_form_;
    bool begun_ = false;
    PaletteList::Mark mark_;
    bool begun_at_mark_ = false;
    std::shared_ptr<void> history_;
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
        return PaletteList::plan(call.services.list_context(kWords), call.services.store.read(),
                                 {cluster.number, cluster.uid}, request);
    };
    SNAPGATE_CO_ASSIGN(auto page, co_await kube::plan_when_reached(std::move(plan)));
    call.response.add_header("ETag", page.etag());
    call.response.add_header("Cache-Control", "private, no-cache");
    if (none_match(call.request, page.etag())) {
        call.response.status = 304;
        co_return Result<void>{};
    }
    PageText text(call.services.store, cluster.number, std::move(page), kubernetes_form);
    co_return co_await send_measured(call, text);
}

}  // namespace snapgate::api::palette

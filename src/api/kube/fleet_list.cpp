#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "api/fleet.h"
#include "api/kube/list_answer.h"
#include "api/kube/list_options.h"
#include "api/kube/list_plan.h"
#include "api/kube/list_words.h"
#include "api/kube/operations.h"
#include "api/kube/shown_cluster.h"
#include "query/kube_fleet_list.h"

namespace snapgate::api::kube {
namespace {

using base::Result;
using query::FleetList;

class ObjectsOfFleet final : public ListedObjects {
  public:
    ObjectsOfFleet(store::Store& store, FleetList list) : store_(store), list_(std::move(list)) {}

    Result<bool> step(ListDocument& document, int64_t now_ms, size_t full,
                      std::string& out) override {
        // A view of its own for each step: none is kept while other requests go on.
        return list_.step(
            store_.read(), out, full, [&](const query::FleetRow& row, std::string& text) {
                return document.item_of(shown_cluster(row.cluster), *row.found, now_ms, text);
            });
    }
    void hold_history() override { history_.emplace(store_, list_.listing()); }
    void mark() override { mark_ = list_.mark(); }
    void return_to_mark() override { list_.return_to(mark_); }
    ListMetadata metadata() const override {
        return {fmt::format_int(list_.listing().state().revision).str(), list_.continue_token(),
                list_.remaining()};
    }

  private:
    // Objects of one cluster come one after the other.
    const ShownCluster& shown_cluster(size_t index) {
        if (!shown_ || index != shown_index_) {
            const query::FleetCluster& cluster = *list_.listing().clusters()[index];
            shown_.emplace(cluster.name, cluster.uid);
            shown_index_ = index;
        }
        return *shown_;
    }

    store::Store& store_;
    FleetList list_;
    FleetList::Mark mark_;
    std::optional<FleetHistory> history_;
    std::optional<ShownCluster> shown_;
    size_t shown_index_ = 0;
};

}  // namespace

net::Awaitable<Result<void>> list_fleet_objects(Call& call) {
    SNAPGATE_CO_ASSIGN(const auto fleet, find_fleet(call));
    SNAPGATE_CO_ASSIGN(const auto options, read_list_options(call.request, call.resource));
    SNAPGATE_CO_TRY(co_await check_freshness(call, *fleet, {}, call.resource.kind));
    std::function<Result<FleetList>()> plan = [&] {
        return query::plan_kube_fleet_list(call.services.list_context(kFleetListWords),
                                           call.services.store.read(), fleet->fleet, options,
                                           call.services.now_seconds());
    };
    SNAPGATE_CO_ASSIGN(auto list, co_await plan_when_reached(std::move(plan)));
    ObjectsOfFleet objects(call.services.store, std::move(list));
    co_return co_await send_list(
        call, ListDocument(call.form, call.services.store.id(), ListDocument::Items::kOfFleet),
        objects);
}

}  // namespace snapgate::api::kube

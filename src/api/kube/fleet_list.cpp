#include <functional>
#include <utility>

#include "api/fleet.h"
#include "api/kube/list_answer.h"
#include "api/kube/list_options.h"
#include "api/kube/list_plan.h"
#include "api/kube/list_words.h"
#include "api/kube/operations.h"
#include "query/kube_fleet_list.h"

namespace snapgate::api::kube {
using base::Result;
using query::FleetList;

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
    store::Store& store = call.services.store;
    ListDocument document(call.form, store.id(), ListDocument::Items::kOfFleet);
    ListText text(store, std::move(list), AnsweredList(std::move(document), store.now_ms()));
    co_return co_await send_list(call, text, text.document());
}

}  // namespace snapgate::api::kube

#include <functional>
#include <utility>

#include "api/freshness.h"
#include "api/kube/list_answer.h"
#include "api/kube/list_options.h"
#include "api/kube/list_plan.h"
#include "api/kube/list_words.h"
#include "api/kube/operations.h"

namespace snapgate::api::kube {
using base::Result;
using query::KubeList;

net::Awaitable<Result<void>> list_objects(Call& call) {
    const Resource& resource = call.resource;
    const net::Request& request = call.request;
    SNAPGATE_CO_ASSIGN(const auto options,
                       read_list_options(request, resource, call.has_told_versions()));
    SNAPGATE_CO_TRY(co_await check_freshness(call, call.cluster, call.resource.kind));
    std::function<Result<KubeList>()> plan = [&] {
        return KubeList::plan(call.services.list_context(kListWords), call.services.store.read(),
                              {call.store_number(), call.cluster.uid}, options);
    };
    SNAPGATE_CO_ASSIGN(auto list, co_await plan_when_reached(std::move(plan)));
    store::Store& store = call.services.store;
    ListText text(store, std::move(list),
                  AnsweredList(ListDocument(call.form, store.id()), store.now_ms()));
    co_return co_await send_list(call, text, text.document());
}

}  // namespace snapgate::api::kube

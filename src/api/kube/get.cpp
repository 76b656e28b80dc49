#include "api/freshness.h"
#include "api/kube/forms.h"
#include "api/kube/operations.h"
#include "rules/object_rules.h"

namespace snapgate::api::kube {

using base::Result;

net::Awaitable<Result<void>> get_object(Call& call) {
    const Resource& resource = call.resource;
    SNAPGATE_CO_TRY(co_await check_freshness(call, call.cluster, call.resource.kind));
    const store::Store& store = call.services.store;
    auto view = store.read();
    SNAPGATE_CO_ASSIGN(auto found,
                       view.newest(call.store_number(), resource.kind, resource.ns, resource.name));
    if (!found) co_return rules::no_such_object(resource.kind, resource.name);
    co_return respond_object(call.form, found->object, {}, store.now_ms(), 200, call.response);
}

}  // namespace snapgate::api::kube

#include <functional>
#include <memory>
#include <utility>

#include "api/freshness.h"
#include "api/kube/list_answer.h"
#include "api/kube/list_options.h"
#include "api/kube/list_plan.h"
#include "api/kube/list_words.h"
#include "api/kube/operations.h"

namespace snapgate::api::kube {
namespace {

using base::Result;
using query::KubeList;

class ObjectsOfCluster final : public ListedObjects {
  public:
    ObjectsOfCluster(const Call& call, KubeList list)
        : store_(call.services.store), cluster_(call.store_number()), list_(std::move(list)) {}

    Result<bool> step(ListDocument& document, int64_t now_ms, size_t full,
                      std::string& out) override {
        // A view of its own for each step: none is kept while other requests go on.
        return list_.step(
            store_.read(),
            [&](const store::Found& found, std::string& text) {
                return document.item(found, now_ms, text);
            },
            full, out);
    }
    void hold_history() override { history_ = store_.hold_history(cluster_, list_.revision()); }
    void mark() override { mark_ = list_.mark(); }
    void return_to_mark() override { list_.return_to(mark_); }
    ListMetadata metadata() const override {
        return {list_.version(), list_.continue_token(), list_.remaining()};
    }

  private:
    store::Store& store_;
    const model::ClusterNumber cluster_;
    KubeList list_;
    KubeList::Mark mark_;
    std::shared_ptr<void> history_;
};

}  // namespace

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
    ObjectsOfCluster objects(call, std::move(list));
    co_return co_await send_list(call, ListDocument(call.form, call.services.store.id()), objects);
}

}  // namespace snapgate::api::kube

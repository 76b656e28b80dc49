#include <functional>
#include <utility>
#include <vector>

#include "api/admin/routes.h"
#include "api/replica_info.h"
#include "base/clock.h"
#include "net/await.h"

namespace snapgate::api::admin {

using base::Code;
using base::Error;
using base::Result;

namespace {

json::Object to_json(const ReplicaInfo& replica) {
    return {{"id", replica.id},
            {"address", replica.address},
            {"version", replica.version},
            {"since", base::format_rfc3339(replica.since_ms)},
            {"revision", replica.revision},
            {"behind", replica.behind},
            {"self", replica.self},
            {"leads", replica.leads}};
}

}  // namespace

net::Awaitable<Result<void>> list_replicas(Call& call) {
    if (!call.scope.project.empty())
        co_return Error(Code::kForbidden, "replicas serve every project: use a key of the tenant");
    if (!call.services.list_replicas) {
        respond_json(call, 200, json::Object{{"items", json::Array()}});
        co_return Result<void>{};
    }
    using Listed = Result<std::vector<ReplicaInfo>>;
    std::function<void(std::function<void(Listed)>)> start = call.services.list_replicas;
    SNAPGATE_CO_ASSIGN(const auto replicas, co_await net::await_callback<Listed>(std::move(start)));
    json::Array items;
    for (const ReplicaInfo& replica : replicas) items.push_back(to_json(replica));
    respond_json(call, 200, json::Object{{"items", std::move(items)}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::admin

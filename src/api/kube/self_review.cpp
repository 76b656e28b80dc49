#include <fmt/format.h>

#include <utility>

#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "base/clock.h"

namespace snapgate::api::kube {

using base::Result;

net::Awaitable<Result<void>> review_self(Call& call) {
    SNAPGATE_CO_TRY(co_await read_review(call));
    json::Array groups{"system:authenticated",
                       fmt::format("snapgate:{}", access::role_name(call.principal.role))};
    json::Object user{{"username", call.principal.key_name},
                      {"uid", call.principal.key_id},
                      {"groups", std::move(groups)}};
    // The keys of `extra` are names with a domain, their values lists.
    if (const std::string& project = call.principal.project; !project.empty())
        user["extra"] = json::Object{{"snapgate.io/project", json::Array{project}}};
    const std::string now = base::format_rfc3339(call.services.store.now_ms());
    respond_json(call, 201,
                 json::Object{{"kind", "SelfSubjectReview"},
                              {"apiVersion", "authentication.k8s.io/v1"},
                              {"metadata", json::Object{{"creationTimestamp", now}}},
                              {"status", json::Object{{"userInfo", std::move(user)}}}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube

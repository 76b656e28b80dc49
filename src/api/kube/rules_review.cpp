#include <fmt/format.h>

#include <utility>

#include "api/kube/api_of.h"
#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "api/kube/rights.h"
#include "json/path.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

net::Awaitable<Result<void>> review_rules(Call& call) {
    SNAPGATE_CO_ASSIGN(auto review, co_await read_review(call));
    const json::Value* spec = review.if_contains("spec");
    const json::Object* asked = spec == nullptr ? nullptr : spec->if_object();
    // A key may do the same in every namespace; kube-apiserver wants one named all the same.
    if (asked == nullptr || json::text_at(*asked, {"namespace"}).empty())
        co_return Error(Code::kInvalidBody, "no namespace on request");
    const bool connected = call.cluster.connected();
    json::Object status{{"resourceRules", resource_rules(call.principal.role, api_of(call))},
                        {"nonResourceRules", path_rules()},
                        {"incomplete", connected}};
    if (connected) {
        status["evaluationError"] = fmt::format(
            "writes go through to cluster \"{}\", whose own rules for the account that this "
            "server has there are not among these",
            call.cluster.name);
    }
    respond_json(call, 201,
                 json::Object{{"kind", "SelfSubjectRulesReview"},
                              {"apiVersion", "authorization.k8s.io/v1"},
                              {"metadata", json::Object{{"creationTimestamp", nullptr}}},
                              {"spec", json::Object()},
                              {"status", std::move(status)}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube

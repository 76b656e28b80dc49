#include <fmt/format.h>

#include <chrono>

#include "api/kube/api_of.h"
#include "api/kube/body.h"
#include "api/kube/operations.h"
#include "api/kube/rights.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "connect/access_review.h"
#include "json/cluster_answers.h"
#include "json/path.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;

// How long a connected cluster may take to say what it allows.
constexpr std::chrono::milliseconds kClusterPatience{3'000};
constexpr size_t kMostReasonBytes = 1024;

using Verdict = json::AccessVerdict;

// What the cluster itself says. One that does not answer takes nothing from what the key allows.
net::Awaitable<Verdict> ask_cluster(const Call& call, const json::Object& attributes) {
    json::Object asked;
    for (const std::string_view name :
         {"group", "resource", "subresource", "namespace", "name", "verb"}) {
        if (std::string_view value = json::text_at(attributes, {name}); !value.empty())
            asked[name] = value;
    }
    net::ClientRequest request;
    request.method = "POST";
    request.target = connect::kAccessReviewPath;
    request.headers.emplace_back("Accept", "application/json");
    request.content_type = "application/json";
    request.body = connect::access_review(std::move(asked));
    auto answer = co_await call.services.mirrors.send(call.cluster.number, std::move(request),
                                                      call.passed, kClusterPatience);
    auto verdict = answer && answer->status / 100 == 2
                       ? json::read_access_verdict(answer->body)
                       : Error(Code::kClusterUnavailable, "it was not reached");
    if (!verdict) {
        co_return Verdict{
            true, fmt::format("the key allows it; cluster \"{}\", which has the last word, "
                              "{}",
                              call.cluster.name, answer ? "does not say" : "was not reached")};
    }
    if (verdict->allowed) co_return Verdict{true, {}};
    std::string reason = fmt::format(
        "the key allows it, but the account that this server has in cluster \"{}\" may not do it",
        call.cluster.name);
    if (!verdict->reason.empty())
        reason += fmt::format(": {}", base::clip(verdict->reason, kMostReasonBytes));
    co_return Verdict{false, std::move(reason)};
}

AskedRight asked_right(const json::Object& attributes) {
    return {json::text_at(attributes, {"group"}), json::text_at(attributes, {"resource"}),
            json::text_at(attributes, {"subresource"}), json::text_at(attributes, {"verb"})};
}

Error bad_review(std::string message) {
    return {Code::kInvalidBody, std::move(message)};
}

json::Object managed_fields(const Call& call, std::string_view section,
                            const json::Object& attributes) {
    json::Object fields{{".", json::Object()}};
    for (const auto& [name, value] : attributes) fields["f:" + std::string(name)] = json::Object();
    return {{"manager", field_manager(call.request)},
            {"operation", "Update"},
            {"apiVersion", "authorization.k8s.io/v1"},
            {"time", base::format_rfc3339(call.services.store.now_ms())},
            {"fieldsType", "FieldsV1"},
            {"fieldsV1",
             json::Object{{"f:spec", json::Object{{"f:" + std::string(section), fields}}}}}};
}

}  // namespace

net::Awaitable<Result<void>> review_access(Call& call) {
    SNAPGATE_CO_ASSIGN(auto review, co_await read_review(call));
    const json::Value* spec = review.if_contains("spec");
    const json::Object* asked = spec == nullptr ? nullptr : spec->if_object();
    if (asked == nullptr) co_return bad_review("spec must be an object");
    auto section = [asked](std::string_view name) {
        const json::Value* value = asked->if_contains(name);
        return value == nullptr ? nullptr : value->if_object();
    };
    const json::Object* resource = section("resourceAttributes");
    const json::Object* path = section("nonResourceAttributes");
    if ((resource == nullptr) == (path == nullptr)) {
        co_return bad_review(
            "spec must have exactly one of resourceAttributes and nonResourceAttributes");
    }
    Verdict verdict;
    if (resource != nullptr) {
        const AskedRight right = asked_right(*resource);
        verdict = judge(call.principal.role, api_of(call), right);
        if (verdict.allowed && call.cluster.connected() && is_sent_on(right))
            verdict = co_await ask_cluster(call, *resource);
    } else {
        verdict = judge_path(json::text_at(*path, {"verb"}));
    }
    const std::string_view name =
        resource != nullptr ? "resourceAttributes" : "nonResourceAttributes";
    const json::Object& attributes = resource != nullptr ? *resource : *path;
    json::Object status{{"allowed", verdict.allowed}};
    if (!verdict.reason.empty()) status["reason"] = verdict.reason;
    json::Object metadata{{"creationTimestamp", nullptr},
                          {"managedFields", json::Array{managed_fields(call, name, attributes)}}};
    json::Object spec_out;
    spec_out[name] = attributes;
    respond_json(call, 201,
                 json::Object{{"kind", "SelfSubjectAccessReview"},
                              {"apiVersion", "authorization.k8s.io/v1"},
                              {"metadata", std::move(metadata)},
                              {"spec", std::move(spec_out)},
                              {"status", std::move(status)}});
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube

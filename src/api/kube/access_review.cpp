#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "api/kube/body.h"
#include "api/kube/kind_names.h"
#include "api/kube/operations.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "json/cluster_answers.h"
#include "json/path.h"
#include "model/api_names.h"

namespace snapgate::api::kube {
namespace {

using access::Role;
using base::Code;
using base::Error;
using base::Result;

// How long a connected cluster may take to say what it allows.
constexpr std::chrono::milliseconds kClusterPatience{3'000};
constexpr size_t kMostReasonBytes = 1024;

constexpr std::array<std::string_view, 3> kReads = {"get", "list", "watch"};
constexpr std::array<std::string_view, 5> kSnapshotWrites = {"create", "update", "patch", "delete",
                                                             "deletecollection"};
constexpr std::array<std::string_view, 2> kNamespaceWrites = {"create", "delete"};

bool among(std::string_view verb, std::span<const std::string_view> verbs) {
    return std::ranges::find(verbs, verb) != verbs.end();
}

using Verdict = json::AccessVerdict;

Verdict by_role(Role role, bool reads, bool writes) {
    if (reads || (writes && role >= Role::kEditor)) return {true, {}};
    if (writes)
        return {false,
                fmt::format("the key has the role {}: editors may write", access::role_name(role))};
    return {false, "snapgate does not serve this"};
}

Verdict judge(Role role, const json::Object& attributes) {
    const std::string_view group = json::text_at(attributes, {"group"});
    const std::string_view resource = json::text_at(attributes, {"resource"});
    const std::string_view verb = json::text_at(attributes, {"verb"});
    if (group == model::kSnapshotGroup && resource == model::kSnapshotPlural)
        return by_role(role, among(verb, kReads), among(verb, kSnapshotWrites));
    if (group == model::kSnapshotGroup && resource == model::kRestorePlural) {
        if (among(verb, kSnapshotWrites)) return {false, std::string(kRestoresAreRead)};
        return by_role(role, among(verb, kReads), false);
    }
    if (group.empty() && resource == "namespaces")
        return by_role(role, among(verb, kReads), among(verb, kNamespaceWrites));
    if (group == "authorization.k8s.io" && resource == "selfsubjectaccessreviews")
        return by_role(role, verb == "create", false);
    return by_role(role, false, false);
}

// The cluster has the last word on what goes through to it: its account may be allowed less than
// the key. What is read comes from the mirror.
bool goes_through(const json::Object& attributes) {
    const std::string_view resource = json::text_at(attributes, {"resource"});
    const bool reads = among(json::text_at(attributes, {"verb"}), kReads);
    return resource == "namespaces" || (resource == model::kSnapshotPlural && !reads);
}

// Of what no key may do in a connected cluster (pass_on.h).
Verdict judge_connected(const json::Object& attributes) {
    if (json::text_at(attributes, {"resource"}) != "namespaces") return {true, {}};
    const std::string_view verb = json::text_at(attributes, {"verb"});
    if (verb == "watch")
        return {false, "the namespaces of a connected cluster cannot be watched here"};
    if (!among(verb, kReads)) {
        return {false,
                "the namespaces of a connected cluster are not written through this server: use "
                "the cluster's own API"};
    }
    return {true, {}};
}

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
    request.target = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    request.headers.emplace_back("Accept", "application/json");
    request.content_type = "application/json";
    request.body =
        json::serialize(json::Object{{"apiVersion", "authorization.k8s.io/v1"},
                                     {"kind", "SelfSubjectAccessReview"},
                                     {"spec", json::Object{{"resourceAttributes", asked}}}});
    auto answer = co_await call.services.connections.send(call.cluster.number, std::move(request),
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
        verdict = judge(call.principal.role, *resource);
        if (verdict.allowed && call.cluster.connected()) {
            verdict = judge_connected(*resource);
            if (verdict.allowed && goes_through(*resource))
                verdict = co_await ask_cluster(call, *resource);
        }
    } else {
        verdict = by_role(call.principal.role, json::text_at(*path, {"verb"}) == "get", false);
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

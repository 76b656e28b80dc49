#include "api/kube/pass_on.h"

#include <fmt/format.h>

#include <utility>

#include "api/kube/body.h"
#include "api/kube/cluster_path.h"
#include "api/kube/kind_names.h"
#include "api/kube/parameters.h"
#include "api/kube/passed_answer.h"
#include "base/encoding.h"
#include "json/cluster_answers.h"
#include "json/request_body.h"
#include "json/value.h"
#include "json/yaml.h"
#include "model/api_names.h"
#include "net/http/header_values.h"
#include "net/server/aside.h"
#include "objects/cluster_answer.h"
#include "objects/cluster_request.h"
#include "objects/mirror_wait.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::chrono::milliseconds kPassOnTimeout{60'000};
// As much of a parameter's name as a message shows.
constexpr size_t kShownName = 64;
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";

// What the cluster would be sent is looked at as closely as what is read here: a selector that
// ended at a zero byte there would select everything.
Result<bool> check_query(const net::Request& request) {
    bool dry_run = false;
    base::QueryString query(request.query);
    while (const auto parameter = query.next()) {
        base::Controls controls = base::Controls::kNone;
        if (parameter->name == "labelSelector") controls = base::Controls::kBlanks;
        // The cluster's own rule says what is wrong with it.
        if (parameter->name == "fieldManager") controls = base::Controls::kAny;
        SNAPGATE_ASSIGN(const std::string value,
                        base::decode_parameter(parameter->name.substr(0, kShownName),
                                               parameter->value, controls));
        dry_run |= parameter->name == "dryRun" && !value.empty();
    }
    return dry_run;
}

// The path as the cluster has it, and the caller's query.
Result<std::string> target_in_cluster(const Call& call, std::string_view served) {
    const net::Request& request = call.request;
    SNAPGATE_ASSIGN(std::string target, path_in_cluster(call.resource, served));
    const size_t query = request.target.find('?');
    if (query != std::string_view::npos) target += request.target.substr(query);
    const bool writes =
        request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    // Who writes is the caller, not this server; an apply names itself.
    if (!writes || content_type(request) == kApplyPatch) return target;
    SNAPGATE_ASSIGN(const std::string manager,
                    first_parameter(request, "fieldManager", base::Controls::kAny));
    if (manager.empty()) {
        target += target.find('?') == std::string::npos ? '?' : '&';
        target += "fieldManager=" + base::percent_encode(field_manager(request));
    }
    return target;
}

// The body as the cluster wants it that serves another version. YAML becomes JSON, which is YAML,
// too.
Result<void> change_version(net::ClientRequest& request, const json::ApiVersionChange& change) {
    if (change.none() || request.body.empty()) return {};
    const std::string type = net::media_type(request.content_type);
    if (type == "application/json-patch+json") {
        request.body = json::change_api_version_in_patch(std::move(request.body), change);
        return {};
    }
    if (type.ends_with("yaml") && !json::syntax_fault(request.body).empty()) {
        if (request.body.size() > kMaxYamlBodyBytes) return too_large(kMaxYamlBodyBytes);
        auto json = json::yaml_document_to_json(request.body);
        if (!json) {
            return Error(Code::kInvalidBody,
                         "error converting YAML to JSON: " + json.error().message);
        }
        request.body = std::move(*json);
        if (type != kApplyPatch) request.content_type = "application/json";
    }
    request.body = json::change_api_version(std::move(request.body), change);
    return {};
}

// What it costs to read a text, in bytes of JSON.
size_t weight_of(std::string_view content_type, std::string_view text) {
    const bool yaml = net::media_type(content_type).ends_with("yaml") && !text.starts_with('{');
    return yaml ? text.size() * net::kYamlWeight : text.size();
}

// Whether the options of a deletion say that it is to do nothing. Where they cannot be read, a
// mention will do: that the answer waits for nothing then does no harm.
bool is_dry_deletion(const std::string& options) {
    const auto value = json::parse(options);
    const json::Object* members = value ? value->if_object() : nullptr;
    if (members == nullptr) return options.find("dryRun") != std::string::npos;
    const json::Value* dry_run = members->if_contains("dryRun");
    return dry_run != nullptr && dry_run->is_array() && !dry_run->get_array().empty();
}

// The body of an answer, to be read here; what is no JSON and no YAML is left as it is.
std::string as_json(const net::ClientResponse& answer) {
    const std::string type = net::media_type(answer.header("Content-Type").value_or(""));
    if (!type.ends_with("yaml")) return answer.body;
    const auto json = json::yaml_document_to_json(answer.body);
    return json ? *json : answer.body;
}

bool is_get(const net::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

// Refuses what is not passed on. Whether the query says that nothing is to be done.
Result<bool> check_request(const Call& call) {
    if (call.resource.kind == model::Kind::kNamespace && !is_get(call.request)) {
        Error error(Code::kMethodNotAllowed, std::string(kNamespacesAreNotWritten));
        error.about = base::About{{}, std::string(model::kNamespacePlural), call.resource.name, {}};
        return error;
    }
    SNAPGATE_ASSIGN(const bool dry_run, check_query(call.request));
    SNAPGATE_ASSIGN(const auto watch, flag_parameter(call.request, "watch"));
    if (watch.value_or(false)) {
        return Error(Code::kMethodNotAllowed, std::string(kNamespacesAreNotWatched));
    }
    return dry_run;
}

// Versions of snapshot.kubevirt.io.
struct Versions {
    std::string wanted;  // by the caller
    std::string served;  // by the cluster
};

Versions versions_of(const Call& call) {
    Versions versions;
    versions.wanted = call.resource.v1alpha1 ? model::kOldVersion : model::kStoredVersion;
    versions.served = objects::served_version(call.services.mirrors, call.cluster);
    if (versions.served != model::kOldVersion) versions.served = versions.wanted;
    return versions;
}

// The caller's request as the cluster is sent it.
net::Awaitable<Result<net::ClientRequest>> make_request(Call& call, const Versions& versions) {
    const net::Request& request = call.request;
    net::ClientRequest sent;
    SNAPGATE_CO_ASSIGN(sent.target, target_in_cluster(call, versions.served));
    sent.method = std::string(request.method);
    sent.headers.emplace_back("Accept",
                              std::string(request.header("Accept").value_or("application/json")));
    if (is_get(request)) co_return sent;
    const size_t most = request.method == "DELETE" ? kMaxSmallBodyBytes : kMaxBodyBytes;
    SNAPGATE_CO_ASSIGN(sent.body, co_await read_text(call, most));
    if (!sent.body.empty()) {
        sent.content_type =
            std::string(request.header("Content-Type").value_or("application/json"));
    }
    if (call.resource.kind == model::Kind::kSnapshot) {
        const auto change = objects::between_versions(versions.wanted, versions.served);
        auto rewrite = [&] { return change_version(sent, change); };
        const size_t bytes = change.none() ? 0 : weight_of(sent.content_type, sent.body);
        SNAPGATE_CO_TRY(co_await net::make_aside(*call.response.stream, bytes, std::move(rewrite)));
    }
    co_return sent;
}

// The name of the object that a request is about; "" where it is about several, or the cluster
// makes the name.
std::string written_name(const Call& call, const std::string& body) {
    if (!call.resource.name.empty() || call.request.method != "POST") return call.resource.name;
    const auto object = json::read_object_head(body);
    return object ? object->name : std::string();
}

// Answers a write that the cluster says it did, in an answer that did not come whole.
net::Awaitable<Result<void>> answer_lost_write(Call& call, const mirror::ClusterAnswer& answer,
                                               objects::Place place, bool dry) {
    if (dry) {  // nothing was done: a failure like any other
        co_return Error(Code::kBadPeer,
                        fmt::format("cluster \"{}\": {}", call.cluster.name, answer.lost));
    }
    co_await objects::wait_for_newest(call.write_context(), std::move(place));
    if (call.request.method != "DELETE") co_return objects::answer_lost(call.cluster, answer);
    respond_json(call, 200, objects::deletion_done(call.cluster, answer, details_of(call)));
    co_return Result<void>();
}

// Waits for the mirror to show a write that the cluster has answered with `text`, which says more
// or less of what was written.
net::Awaitable<void> wait_for_write(Call& call, objects::Place place, std::string text) {
    const bool deletes = call.request.method == "DELETE";
    objects::WriteContext context = call.write_context();
    if (deletes && call.resource.name.empty()) {
        auto removed = json::read_listed_heads(text);
        if (!removed) co_return co_await wait_for_newest(std::move(context), std::move(place));
        co_return co_await wait_for_removal(std::move(context), std::move(place),
                                            std::move(*removed));
    }
    const auto head = json::read_object_head(text);
    if (head && head->kind == model::kSnapshotKind) {
        place.name = head->name;
        if (call.audit != nullptr) {
            call.audit->object.name = head->name;
            call.audit->object.id = head->uid;
        }
        co_return co_await wait_for_mirror(std::move(context), std::move(place), head->version,
                                           head->uid);
    }
    const auto status = json::read_status(text);
    if (status && deletes) {
        co_return co_await wait_for_mirror(std::move(context), std::move(place), {}, status->uid);
    }
    // A Table, metadata alone.
    if (place.name.empty())
        co_return co_await wait_for_newest(std::move(context), std::move(place));
    co_await wait_until_current(std::move(context), std::move(place));
}

}  // namespace

bool is_for_cluster(const Call& call, const Route& route) {
    return call.cluster.connected() && route.kind &&
           goes_to_cluster(*route.kind, is_read(route.verb));
}

net::Awaitable<Result<void>> pass_on(Call& call) {
    const net::Request& request = call.request;
    SNAPGATE_CO_ASSIGN(const bool dry_query, check_request(call));
    const Versions versions = versions_of(call);
    SNAPGATE_CO_ASSIGN(auto sent, co_await make_request(call, versions));
    // A deletion has its options in the body, too.
    const bool dry = dry_query || (request.method == "DELETE" && is_dry_deletion(sent.body));
    objects::Place place = place_of(call);
    place.name = written_name(call, sent.body);
    if (call.audit != nullptr) {
        call.audit->dry_run = dry;
        call.audit->sent = !dry;
        call.audit->object.name = place.name;
    }
    mirror::Mirrors& mirrors = call.services.mirrors;
    SNAPGATE_CO_ASSIGN(auto answer, co_await mirrors.send(call.cluster.number, std::move(sent),
                                                          call.passed, kPassOnTimeout));

    if (!answer.lost.empty())
        co_return co_await answer_lost_write(call, answer, std::move(place), dry);
    take_over(call, answer, objects::between_versions(versions.served, versions.wanted));
    const bool wrote = answer.status / 100 == 2 && request.method != "GET" &&
                       call.resource.kind == model::Kind::kSnapshot;
    if (!wrote || dry) co_return Result<void>();
    auto read = [&answer] { return as_json(answer); };
    const size_t bytes = weight_of(answer.header("Content-Type").value_or(""), answer.body);
    auto text = co_await net::make_aside(*call.response.stream, bytes, std::move(read));
    co_await wait_for_write(call, std::move(place), std::move(text));
    co_return Result<void>();
}

}  // namespace snapgate::api::kube

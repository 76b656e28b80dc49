#include "api/kube/pass_on.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "api/cluster_writes.h"
#include "api/kube/body.h"
#include "api/kube/cluster_path.h"
#include "api/object_writes.h"
#include "base/encoding.h"
#include "json/cluster_answers.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::chrono::milliseconds kAnswerTimeout{60'000};
constexpr std::string_view kApplyPatch = "application/apply-patch";

bool is_read(std::string_view verb) {
    return verb == "get" || verb == "list" || verb == "watch";
}

// The path as the cluster has it, and the caller's query.
Result<std::string> target_in_cluster(const KubeCall& call, std::string_view served) {
    const net::Request& request = call.call.request;
    SNAPGATE_ASSIGN(std::string target, path_in_cluster(call.resource, served));
    const size_t query = request.target.find('?');
    if (query != std::string_view::npos) target += request.target.substr(query);
    const bool writes =
        request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    // Who writes is the caller, not this server; an apply names itself.
    if (!writes || content_type(request).starts_with(kApplyPatch)) return target;
    SNAPGATE_ASSIGN(const std::string manager, first_parameter(request, "fieldManager"));
    if (manager.empty()) {
        target += target.find('?') == std::string::npos ? '?' : '&';
        target += "fieldManager=" + base::percent_encode(field_manager(request));
    }
    return target;
}

}  // namespace

bool is_for_cluster(const KubeCall& call, std::string_view verb) {
    if (!call.cluster.connected()) return false;
    // What is asked about the server, and not about an object.
    const bool object =
        call.call.response.route.find("virtualmachinesnapshots") != std::string_view::npos ||
        call.call.response.route.find("/namespaces") != std::string_view::npos;
    if (!object) return false;
    return call.resource.kind == model::Kind::kNamespace || !is_read(verb);
}

net::Awaitable<Result<void>> pass_on(KubeCall& call) {
    const net::Request& request = call.call.request;
    const Services& services = call.call.services;
    if (call.resource.kind == model::Kind::kNamespace && request.method != "GET" &&
        request.method != "HEAD") {
        Error error(Code::kMethodNotAllowed,
                    "the namespaces of a connected cluster are not written through this server: "
                    "use the cluster's own API");
        error.about = base::About{{}, "namespaces", call.resource.name, {}};
        co_return error;
    }
    auto watch = flag_parameter(request, "watch");
    if (!watch) co_return watch.error();
    if (*watch) {
        co_return Error(Code::kMethodNotAllowed,
                        "the namespaces of a connected cluster cannot be watched here");
    }
    const std::string wanted = call.resource.v1alpha1 ? "v1alpha1" : "v1beta1";
    std::string served = served_version(services, call.cluster);
    if (served != "v1alpha1") served = wanted;
    auto target = target_in_cluster(call, served);
    if (!target) co_return target.error();
    net::ClientRequest sent;
    sent.method = std::string(request.method);
    sent.target = std::move(*target);
    sent.headers.emplace_back("Accept",
                              std::string(request.header("Accept").value_or("application/json")));
    if (request.method != "GET" && request.method != "HEAD") {
        auto body = co_await call.call.request.body->read_all(kMaxBodyBytes);
        if (!body) co_return body.error();
        sent.body = in_version(std::move(*body), wanted, served);
        if (!sent.body.empty()) {
            sent.content_type =
                std::string(request.header("Content-Type").value_or("application/json"));
        }
    }
    auto dry_run = first_parameter(request, "dryRun");
    // A deletion has its options in the body, too; that it waits for nothing then does no harm.
    const bool dry = !dry_run || !dry_run->empty() ||
                     (request.method == "DELETE" && sent.body.find("dryRun") != std::string::npos);
    std::string object_name = call.resource.name;
    if (object_name.empty() && request.method == "POST") {
        if (const auto object = json::read_object_head(sent.body)) object_name = object->name;
    }
    auto answer = co_await services.connections.send(call.cluster.number, std::move(sent),
                                                     call.call.passed, kAnswerTimeout);
    if (!answer) co_return answer.error();

    net::Response& response = call.call.response;
    response.status = answer->status;
    for (const auto& [name, value] : answer->headers) {
        for (const std::string_view kept : {"Warning", "Retry-After"}) {
            if (base::equal_ignoring_case(name, kept)) response.add_header(name, value);
        }
    }
    // The response's type is static text; what a cluster says is not.
    response.content_type = "";
    if (const auto type = answer->header("Content-Type"))
        response.add_header("Content-Type", *type);
    const std::string text = in_version(std::move(answer->body), served, wanted);
    response.body += text;
    const bool wrote = answer->status / 100 == 2 && request.method != "GET" &&
                       call.resource.kind == model::Kind::kSnapshot;
    if (!wrote || dry) co_return Result<void>();
    InCluster place{call.call, call.cluster, call.resource.ns, object_name, {}};
    const auto head = json::read_object_head(text);
    if (head && head->kind == "VirtualMachineSnapshot") {
        place.name = head->name;
        co_await wait_for_mirror(std::move(place), head->version, head->uid);
    } else if (const auto status = json::read_status(text);
               status && request.method == "DELETE" && !call.resource.name.empty()) {
        co_await wait_for_mirror(std::move(place), {}, status->uid);
    } else if (!object_name.empty()) {
        // A Table, metadata alone, YAML.
        co_await wait_until_current(std::move(place));
    }
    co_return Result<void>();
}

}  // namespace snapgate::api::kube

#include "api/kube/discovery_documents.h"

#include <string>
#include <string_view>

#include "api/etag.h"
#include "api/kube/operations.h"
#include "api/kube/status.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "json/value.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

constexpr std::string_view kV2 =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
constexpr std::string_view kV2Beta1 =
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

// The path below /clusters/{uid}, without a '/' at either end.
std::string_view path_below(const KubeCall& call, size_t skip = 0) {
    std::string_view path = call.call.request.path;
    path.remove_prefix(std::string_view("/clusters/").size());
    path.remove_prefix(std::min(path.size(), path.find('/') + 1));
    path.remove_prefix(std::min(path.size(), skip));
    if (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// As kube-apiserver sends its health and its OpenAPI documents, whatever they hold.
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

void respond_text(KubeCall& call, std::string_view text) {
    call.call.response.body += text;
}

// Which aggregated form the client takes before the plain one; "" if none. The parameters come in
// any order.
std::string_view aggregated_type(const net::Request& request) {
    std::string_view accept = request.header("Accept").value_or("");
    while (!accept.empty()) {
        const size_t end = accept.find(',');
        const std::string_view one = accept.substr(0, end);
        accept.remove_prefix(end == std::string_view::npos ? accept.size() : end + 1);
        if (one.find("as=APIGroupDiscoveryList") == std::string_view::npos ||
            one.find("g=apidiscovery.k8s.io") == std::string_view::npos ||
            one.find("application/json") == std::string_view::npos)
            continue;
        if (one.find("v=v2beta1") != std::string_view::npos) return kV2Beta1;
        if (one.find("v=v2") != std::string_view::npos) return kV2;
    }
    return {};
}

// An aggregated document, if the client takes one. Discovery is asked for again and again: an ETag
// spares the client its body.
bool respond_aggregated(KubeCall& call, bool core) {
    const std::string_view type = aggregated_type(call.call.request);
    net::Response& response = call.call.response;
    response.add_header("Vary", "Accept");
    if (type.empty()) return false;
    const std::string& text = aggregated_discovery(core, type == kV2);
    const std::string etag = "\"" + base::hex(base::sha256(text)) + "\"";
    response.add_header("ETag", etag);
    response.content_type = type;
    if (none_match(call.call.request, etag)) {
        response.status = 304;
    } else {
        response.body += text;
    }
    return true;
}

}  // namespace

net::Awaitable<Result<void>> get_health(KubeCall& call) {
    call.call.response.content_type = kPlainText;
    respond_text(call, "ok");
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_version(KubeCall& call) {
    respond_text(call, version_document());
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_api(KubeCall& call) {
    if (respond_aggregated(call, true)) co_return Result<void>{};
    json::Object address{
        {"clientCIDR", "0.0.0.0/0"},
        {"serverAddress", std::string(call.call.request.header("Host").value_or(""))}};
    json::Object versions{{"kind", "APIVersions"},
                          {"versions", json::Array{"v1"}},
                          {"serverAddressByClientCIDRs", json::Array{std::move(address)}}};
    respond_text(call, json::serialize(versions));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_groups(KubeCall& call) {
    if (!respond_aggregated(call, false)) respond_text(call, group_list());
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_group(KubeCall& call) {
    const std::string_view group = path_below(call, std::string_view("apis/").size());
    const std::string_view text = group_document(group);
    if (text.empty()) {
        render_no_such_path(call.call.response);
    } else {
        respond_text(call, text);
    }
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_resources(KubeCall& call) {
    std::string_view path = path_below(call);
    std::string_view group;
    if (path.starts_with("apis/")) {
        path.remove_prefix(std::string_view("apis/").size());
        group = path.substr(0, path.find('/'));
    }
    const std::string_view version = path.substr(path.rfind('/') + 1);
    const std::string_view text = resource_list(group, version);
    if (text.empty()) {
        render_no_such_path(call.call.response);
    } else {
        respond_text(call, text);
    }
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_openapi_index(KubeCall& call) {
    call.call.response.content_type = kPlainText;
    respond_text(call, openapi_index("/clusters/" + call.cluster.uid));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_openapi(KubeCall& call) {
    const std::string_view text =
        openapi_document(path_below(call, std::string_view("openapi/v3/").size()));
    if (text.empty()) {
        render_no_such_path(call.call.response);
        co_return Result<void>{};
    }
    // The index names a document by its hash: what it names does not change.
    const std::string etag = "\"" + base::hex(base::sha256(text)) + "\"";
    call.call.response.add_header("ETag", etag);
    call.call.response.content_type = kPlainText;
    if (none_match(call.call.request, etag)) {
        call.call.response.status = 304;
    } else {
        respond_text(call, text);
    }
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube

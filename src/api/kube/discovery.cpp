#include "api/kube/discovery_documents.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "api/call.h"
#include "api/kube/accept.h"
#include "api/kube/api_of.h"
#include "api/kube/openapi_documents.h"
#include "api/kube/operations.h"
#include "api/kube/status.h"
#include "json/value.h"

namespace snapgate::api::kube {
namespace {

using base::Result;

constexpr std::string_view kJson = "application/json";
// OpenAPI v2 as protobuf, and as kubectl before 1.27 calls it. The answer never does: '@' is not
// allowed in a media type, and Go's parser refuses what has one.
constexpr std::string_view kOpenApiProtobufType =
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view kOpenApiProtobuf =
    kOpenApiProtobufType.substr(std::string_view("application/").size());
constexpr std::string_view kOldOpenApiProtobuf = "com.github.proto-openapi.spec.v2@v1.0+protobuf";
constexpr std::string_view kV2 =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
constexpr std::string_view kV2Beta1 =
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

// The path below /clusters/{uid}, without a '/' at either end.
std::string_view path_below(const Call& call, size_t skip = 0) {
    std::string_view path = call.request.path;
    path.remove_prefix(std::string_view("/clusters/").size());
    path.remove_prefix(std::min(path.size(), path.find('/') + 1));
    path.remove_prefix(std::min(path.size(), skip));
    if (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// As kube-apiserver sends its health and its OpenAPI v3 documents, whatever they hold.
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

void respond_text(Call& call, std::string_view text) {
    call.response.body += text;
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

// An aggregated document, if the client takes one.
bool respond_aggregated(Call& call, bool core) {
    const std::string_view type = aggregated_type(call.request);
    net::Response& response = call.response;
    response.add_header("Vary", "Accept");
    if (type.empty()) return false;
    respond_unless_known(call, aggregated_discovery(api_of(call), core, type == kV2), type);
    return true;
}

}  // namespace

net::Awaitable<Result<void>> get_health(Call& call) {
    call.response.content_type = kPlainText;
    respond_text(call, "ok");
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_version(Call& call) {
    respond_text(call, version_document());
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_api(Call& call) {
    if (respond_aggregated(call, true)) co_return Result<void>{};
    json::Object address{{"clientCIDR", "0.0.0.0/0"},
                         {"serverAddress", std::string(call.request.header("Host").value_or(""))}};
    json::Object versions{{"kind", "APIVersions"},
                          {"versions", json::Array{"v1"}},
                          {"serverAddressByClientCIDRs", json::Array{std::move(address)}}};
    respond_text(call, json::serialize(versions));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_groups(Call& call) {
    if (!respond_aggregated(call, false)) respond_text(call, group_list());
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_group(Call& call) {
    const std::string_view group = path_below(call, std::string_view("apis/").size());
    const std::string_view text = group_document(group);
    if (text.empty()) {
        render_no_such_path(call.response);
    } else {
        respond_text(call, text);
    }
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_resources(Call& call) {
    std::string_view path = path_below(call);
    std::string_view group;
    if (path.starts_with("apis/")) {
        path.remove_prefix(std::string_view("apis/").size());
        group = path.substr(0, path.find('/'));
    }
    const std::string_view version = path.substr(path.rfind('/') + 1);
    const std::string_view text = resource_list(api_of(call), group, version);
    if (text.empty()) {
        render_no_such_path(call.response);
    } else {
        respond_text(call, text);
    }
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_openapi_v2(Call& call) {
    call.response.add_header("Vary", "Accept");
    const std::string_view accept = call.request.header("Accept").value_or("");
    // No preference is one for whatever there is, as kube-openapi's handler reads it.
    for (const AcceptClause& clause : parse_accept(accept.empty() ? "*/*" : accept)) {
        if (clause.covers("json")) {
            respond_unless_known(call, openapi_v2_json(api_of(call)), kJson);
            co_return Result<void>{};
        }
        if (clause.covers(kOpenApiProtobuf) || clause.covers(kOldOpenApiProtobuf)) {
            respond_unless_known(call, openapi_v2_protobuf(api_of(call)), kOpenApiProtobufType);
            co_return Result<void>{};
        }
    }
    co_return base::Error(base::Code::kNotAcceptable,
                          fmt::format("only the following media types are accepted: {}, {}", kJson,
                                      kOpenApiProtobufType),
                          "Accept");
}

net::Awaitable<Result<void>> get_openapi_index(Call& call) {
    call.response.content_type = kPlainText;
    respond_text(call, openapi_index(api_of(call), "/clusters/" + call.parameters[0]));
    co_return Result<void>{};
}

net::Awaitable<Result<void>> get_openapi(Call& call) {
    const std::string_view text =
        openapi_document(api_of(call), path_below(call, std::string_view("openapi/v3/").size()));
    if (text.empty()) {
        render_no_such_path(call.response);
        co_return Result<void>{};
    }
    respond_unless_known(call, text, kPlainText);
    co_return Result<void>{};
}

}  // namespace snapgate::api::kube

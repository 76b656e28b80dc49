#include "api/kube/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/kube/forms.h"
#include "api/kube/operations.h"
#include "api/kube/parameters.h"
#include "api/kube/pass_on.h"
#include "api/kube/status.h"
#include "api/path_pattern.h"
#include "api/presented_key.h"
#include "base/encoding.h"
#include "base/query_string.h"
#include "connect/passed_servers.h"

namespace snapgate::api::kube {
namespace {

using access::Role;
using base::Code;
using base::Error;
using base::Result;
using model::Kind;

// One operation. The path is also the route's label in metrics and log.
struct Route {
    std::string_view method;
    std::string_view path;
    std::string_view verb;  // as RBAC calls it; "get" where there is no resource
    Operation operation;
    // Which objects answer it; nullopt: none of a resource, and the operation reads Accept itself.
    std::optional<Wanted> answer = std::nullopt;
};

#define SNAPGATE_GROUP "/clusters/{}/apis/snapshot.kubevirt.io/{}"
constexpr std::string_view kSnapshot = SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots/{}";
constexpr std::string_view kSnapshotStatus =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots/{}/status";
constexpr std::string_view kSnapshots = SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots";
constexpr std::string_view kAllSnapshots = SNAPGATE_GROUP "/virtualmachinesnapshots";
#undef SNAPGATE_GROUP
constexpr std::string_view kNamespaces = "/clusters/{}/api/v1/namespaces";
constexpr std::string_view kNamespace = "/clusters/{}/api/v1/namespaces/{}";

constexpr std::array kRoutes = {
    Route{"GET", kSnapshot, "get", get_object, Wanted::kObject},
    Route{"GET", kSnapshotStatus, "get", get_object, Wanted::kObject},
    Route{"GET", kNamespace, "get", get_object, Wanted::kObject},
    Route{"GET", kSnapshots, "list", list_objects, Wanted::kList},
    Route{"GET", kAllSnapshots, "list", list_objects, Wanted::kList},
    Route{"GET", kNamespaces, "list", list_objects, Wanted::kList},
    Route{"GET", kSnapshots, "watch", watch_objects, Wanted::kWatch},
    Route{"GET", kAllSnapshots, "watch", watch_objects, Wanted::kWatch},
    Route{"GET", kNamespaces, "watch", watch_objects, Wanted::kWatch},
    Route{"POST", kSnapshots, "create", create_object, Wanted::kObject},
    Route{"POST", kSnapshot, "create", create_object, Wanted::kObject},
    Route{"POST", kNamespaces, "create", create_object, Wanted::kObject},
    Route{"PUT", kSnapshots, "update", update_object, Wanted::kObject},
    Route{"PUT", kSnapshot, "update", update_object, Wanted::kObject},
    Route{"PUT", kSnapshotStatus, "update", update_object, Wanted::kObject},
    Route{"PATCH", kSnapshots, "patch", patch_object, Wanted::kObject},
    Route{"PATCH", kSnapshot, "patch", patch_object, Wanted::kObject},
    Route{"PATCH", kSnapshotStatus, "patch", patch_object, Wanted::kObject},
    Route{"DELETE", kSnapshots, "deletecollection", delete_collection, Wanted::kList},
    Route{"DELETE", kSnapshot, "delete", delete_object, Wanted::kObject},
    Route{"DELETE", kNamespace, "delete", delete_object, Wanted::kObject},
    Route{"GET", "/clusters/{}/healthz", "get", get_health},
    Route{"GET", "/clusters/{}/livez", "get", get_health},
    Route{"GET", "/clusters/{}/readyz", "get", get_health},
    Route{"GET", "/clusters/{}/version", "get", get_version},
    Route{"GET", "/clusters/{}/api", "get", get_api},
    Route{"GET", "/clusters/{}/apis", "get", get_groups},
    Route{"GET", "/clusters/{}/api/{}", "get", get_resources},
    Route{"GET", "/clusters/{}/apis/{}", "get", get_group},
    Route{"GET", "/clusters/{}/apis/{}/{}", "get", get_resources},
    Route{"GET", "/clusters/{}/openapi/v2", "get", get_openapi_v2},
    Route{"GET", "/clusters/{}/openapi/v3", "get", get_openapi_index},
    Route{"GET", "/clusters/{}/openapi/v3/{}/{}", "get", get_openapi},
    Route{"GET", "/clusters/{}/openapi/v3/{}/{}/{}", "get", get_openapi},
    // Everyone may ask what they may do.
    Route{"POST", "/clusters/{}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "get",
          review_access},
};

// What the path names, from the route's pattern and its parameters; nullopt if it names a version
// that is not served.
std::optional<Resource> read_resource(const Route& route,
                                      const std::vector<std::string>& parameters) {
    Resource resource;
    if (route.path.find("virtualmachinesnapshots") == std::string_view::npos) {
        resource.kind = Kind::kNamespace;
        if (parameters.size() > 1) resource.name = parameters[1];
        return resource;
    }
    resource.v1alpha1 = parameters[1] == "v1alpha1";
    if (!resource.v1alpha1 && parameters[1] != "v1beta1") return std::nullopt;
    if (parameters.size() > 2) resource.ns = parameters[2];
    if (parameters.size() > 3) resource.name = parameters[3];
    resource.status = route.path.ends_with("/status");
    return resource;
}

struct Match {
    const Route* route = nullptr;
    std::vector<std::string_view> parameters;
    bool known_path = false;
};

Match find_route(std::string_view method, std::string_view path, bool watch) {
    Match match;
    // As kube-apiserver: discovery has both forms, and the Python client asks for the longer one.
    if (path.ends_with('/')) path.remove_suffix(1);
    std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const Route& route : kRoutes) {
        if (!matches(route.path, path, match.parameters)) continue;
        // Across all namespaces there are lists and watches; for every other verb the path is
        // unknown (apiextensions-apiserver, possiblyAcrossAllNamespacesVerbs).
        match.known_path |= route.path != kAllSnapshots || route.method == wanted;
        if (route.method != wanted) continue;
        // GET on a collection is a list or, where it says so, a watch.
        if (watch ? route.verb == "list" : route.verb == "watch") continue;
        match.route = &route;
        return match;
    }
    return match;
}

Result<void> authenticate(Call& call) {
    // Not a word more, as kube-apiserver does.
    const Error unauthorized(Code::kUnauthorized, "Unauthorized");
    if (call.request.header_count("Authorization") != 1) return unauthorized;
    const auto token = bearer_token(call.request);
    if (!token) return unauthorized;
    auto principal = call.services.keys.authenticate(*token, call.services.store.now_ms());
    if (!principal) return unauthorized;
    call.principal = std::move(*principal);
    call.scope = {call.principal.project};
    return {};
}

std::string user_name(const Call& call) {
    auto keys = call.services.keys.keys();
    auto key = keys->find(call.principal.key_id);
    return key == keys->end() ? call.principal.key_id : key->second.name;
}

// Nobody acts as another here. To pass over the wish would give a caller more than was asked for.
Result<void> refuse_impersonation(const Call& call) {
    for (const net::Header& header : call.request.headers) {
        constexpr std::string_view kPrefix = "Impersonate-";
        if (!base::equal_ignoring_case(header.name.substr(0, kPrefix.size()), kPrefix)) continue;
        const std::string name(header.value.substr(0, 253));
        Error error(
            Code::kForbidden,
            fmt::format("users \"{}\" is forbidden: User \"{}\" cannot impersonate resource "
                        "\"users\" in API group \"\" at the cluster scope",
                        name, user_name(call)));
        error.about = base::About{{}, "users", name, {}};
        return error;
    }
    return {};
}

bool reads(const Route& route) {
    return route.verb == "get" || route.verb == "list" || route.verb == "watch";
}

Result<void> authorize(const Call& call, const Route& route) {
    const Resource& resource = call.resource;
    const Role needed = reads(route) ? Role::kReader : Role::kEditor;
    if (access::require_role(call.principal, needed)) return {};
    std::string what(resource.plural());
    if (!resource.group().empty()) what += fmt::format(".{}", resource.group());
    if (!resource.name.empty()) what += fmt::format(" \"{}\"", resource.name);
    Error error(
        Code::kForbidden,
        fmt::format("{} is forbidden: User \"{}\" cannot {} resource \"{}{}\" in API group "
                    "\"{}\"{}",
                    what, user_name(call), route.verb, resource.plural(),
                    resource.status ? "/status" : "", resource.group(),
                    resource.ns.empty() ? " at the cluster scope"
                                        : fmt::format(" in the namespace \"{}\"", resource.ns)));
    error.about = base::About{
        std::string(resource.group()), std::string(resource.plural()), resource.name, {}};
    return error;
}

// Answers, or says why not. False: there is no such path.
net::Awaitable<Result<bool>> run(const Services& services, net::Request& request,
                                 net::Response& response) {
    SNAPGATE_CO_ASSIGN(auto passed,
                       connect::read_passed_servers(request, services.connections.server_id()));
    Call call(services, request, response);
    call.passed = std::move(passed);
    SNAPGATE_CO_TRY(authenticate(call));
    SNAPGATE_CO_TRY(refuse_impersonation(call));
    SNAPGATE_CO_ASSIGN(auto watch, flag_parameter(request, "watch"));
    Match match = find_route(request.method, request.path, watch);
    if (!match.known_path) co_return false;
    if (match.route == nullptr) {
        Error error(Code::kMethodNotAllowed,
                    "the server does not allow this method on the requested resource");
        error.about.emplace();
        co_return error;
    }
    const Route& route = *match.route;
    response.route = route.path;
    for (std::string_view parameter : match.parameters) {
        auto decoded = base::decode_segment(parameter);
        if (!decoded) co_return false;
        call.parameters.push_back(std::move(*decoded));
    }
    SNAPGATE_CO_ASSIGN(call.cluster, find_cluster(call, call.parameters[0]));
    auto resource = read_resource(route, call.parameters);
    if (!resource) co_return false;
    call.resource = std::move(*resource);
    SNAPGATE_CO_TRY(authorize(call, route));
    const bool for_cluster = is_for_cluster(call, route.verb);
    // A read that is sent on is answered in whatever form the cluster itself knows.
    if (route.answer && !(for_cluster && reads(route))) {
        SNAPGATE_CO_ASSIGN(call.form, negotiate(request, call.resource.kind, call.resource.v1alpha1,
                                                *route.answer));
    }
    if (for_cluster) {
        SNAPGATE_CO_TRY(co_await pass_on(call));
        co_return true;
    }
    SNAPGATE_CO_TRY(co_await route.operation(call));
    co_return true;
}

}  // namespace

net::Awaitable<void> handle(const Services& services, net::Request& request,
                            net::Response& response) {
    auto answered = co_await run(services, request, response);
    if (!answered) {
        render_status(answered.error(), request, response);
    } else if (!*answered) {
        render_no_such_path(response);
    }
}

}  // namespace snapgate::api::kube

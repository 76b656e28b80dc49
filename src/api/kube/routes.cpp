#include "api/kube/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/fleet.h"
#include "api/identify.h"
#include "api/kube/forms.h"
#include "api/kube/operations.h"
#include "api/kube/parameters.h"
#include "api/kube/pass_on.h"
#include "api/kube/route_table.h"
#include "api/kube/status.h"
#include "api/presented_key.h"
#include "base/encoding.h"
#include "base/utf8.h"
#include "model/api_names.h"
#include "model/names.h"
#include "query/fleet.h"

namespace snapgate::api::kube {
namespace {

using base::Code;
using base::Error;
using base::Result;
using model::Kind;

constexpr std::string_view kClusters = "/clusters/";
// As much of a path as a message shows: more than the longest names take.
constexpr size_t kShownPath = 512;

// Whether the path is of all clusters and not of one.
bool is_fleet_path(std::string_view path) {
    path.remove_prefix(std::min(path.size(), kClusters.size()));
    return base::decode_segment(path.substr(0, path.find('/'))) == query::kAllClusters;
}

// As kube-apiserver: discovery has both forms, and the Python client asks for the longer one.
std::string_view path_of(const net::Request& request) {
    std::string_view path = request.path;
    if (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// What the route and its parameters name; nullopt if that is a version that is not served.
std::optional<Resource> read_resource(const Route& route,
                                      const std::vector<std::string>& parameters) {
    Resource resource;
    if (!route.kind) return resource;
    resource.kind = *route.kind;
    const bool single = route.extent == Extent::kObject || route.extent == Extent::kStatus;
    if (resource.kind == Kind::kNamespace) {
        if (single) resource.name = parameters[1];
        return resource;
    }
    resource.v1alpha1 = parameters[1] == model::kOldVersion;
    if (!resource.v1alpha1 && parameters[1] != model::kStoredVersion) return std::nullopt;
    if (route.extent != Extent::kAllNamespaces) resource.ns = parameters[2];
    if (single) resource.name = parameters[3];
    resource.status = route.extent == Extent::kStatus;
    return resource;
}

Result<void> authenticate(Call& call) {
    // Not a word more, as kube-apiserver does.
    const Error unauthorized(Code::kUnauthorized, "Unauthorized");
    auto principal = identify_console(call);
    if (!principal) {
        if (call.request.header_count("Authorization") != 1) return unauthorized;
        const auto token = bearer_token(call.request);
        if (!token) return unauthorized;
        principal = identify(call, *token);
    }
    if (!*principal) {
        const Error& error = principal->error();
        return error.code == Code::kUnauthorized ? unauthorized : error;
    }
    call.principal = std::move(**principal);
    call.scope = {call.principal.project, call.principal.clusters};
    return count_request(call);
}

// Nobody acts as another here. To pass over the wish would give a caller more than was asked for.
Result<void> refuse_impersonation(const Call& call) {
    for (const net::Header& header : call.request.headers) {
        constexpr std::string_view kPrefix = "Impersonate-";
        if (!base::equal_ignoring_case(header.name.substr(0, kPrefix.size()), kPrefix)) continue;
        const std::string name(model::shown_name(header.value));
        Error error(
            Code::kForbidden,
            fmt::format("users \"{}\" is forbidden: User \"{}\" cannot impersonate resource "
                        "\"users\" in API group \"\" at the cluster scope",
                        name, call.principal.key_name));
        error.about = base::About{{}, "users", name, {}};
        return error;
    }
    return {};
}

Result<void> authorize(const Call& call, const Route& route) {
    const Resource& resource = call.resource;
    if (access::require_role(call.principal, *route.role)) return {};
    std::string what(resource.plural());
    if (!resource.group().empty()) what += fmt::format(".{}", resource.group());
    if (!resource.name.empty()) what += fmt::format(" \"{}\"", resource.name);
    Error error(
        Code::kForbidden,
        fmt::format("{} is forbidden: User \"{}\" cannot {} resource \"{}{}\" in API group "
                    "\"{}\"{}",
                    what, call.principal.key_name, to_text(route.verb), resource.plural(),
                    resource.status ? "/status" : "", resource.group(),
                    resource.ns.empty() ? " at the cluster scope"
                                        : fmt::format(" in the namespace \"{}\"", resource.ns)));
    error.about = base::About{
        std::string(resource.group()), std::string(resource.plural()), resource.name, {}};
    return error;
}

// kube-apiserver takes /virtualmachinesnapshots/ for the whole collection, also in a deletion: a
// client with an empty name would delete everything.
Result<void> refuse_nameless_deletion(const net::Request& request) {
    if (request.method != "DELETE" || !request.path.ends_with('/')) return {};
    return Error(Code::kInvalidParameter,
                 "the path of a deletion ends with a slash: the name of the object is missing (the "
                 "path of a collection ends without one)");
}

// What follows the first `segments` segments of a path.
std::string_view without_segments(std::string_view path, int segments) {
    for (int i = 0; i <= segments; ++i)
        path.remove_prefix(std::min(path.size(), path.find('/') + 1));
    return path;
}

// Whether a path is that of a watch from before ?watch.
bool is_old_watch(std::string_view path) {
    const std::string_view below = without_segments(path, 2);  // clusters, uid
    return without_segments(path, below.starts_with("apis/") ? 5 : 4).starts_with("watch/");
}

Result<Match> find(Call& call) {
    SNAPGATE_TRY(authenticate(call));
    SNAPGATE_TRY(refuse_impersonation(call));
    SNAPGATE_TRY(refuse_nameless_deletion(call.request));
    SNAPGATE_ASSIGN(const auto watch, flag_parameter(call.request, "watch"));
    const std::string_view path = path_of(call.request);
    const std::span<const Route> routes = is_fleet_path(path) ? fleet_routes() : cluster_routes();
    return find_route(routes, call.request.method, path,
                      watch.value_or(false) || is_old_watch(path));
}

// What a cluster answers and a fleet does not.
Result<void> refuse_of_fleet(Call& call, const Match& match) {
    const std::string_view path = path_of(call.request);
    const auto is_on_cluster = [&](std::string_view method) {
        return find_route(cluster_routes(), method, path, false).route != nullptr ||
               find_route(cluster_routes(), method, path, true).route != nullptr;
    };
    // A route that was found has parameters that name nothing.
    const bool served =
        match.route == nullptr &&
        (match.other != nullptr || is_on_cluster(call.request.method) || is_on_cluster("GET"));
    if (!served) {
        render_no_such_path(call.response);
        return {};
    }
    std::string_view rest = path.substr(kClusters.size());
    rest.remove_prefix(std::min(rest.size(), rest.find('/')));
    Error error(Code::kMethodNotAllowed,
                fmt::format("the server does not allow this method on the requested resource: {}{}",
                            kFleetsAreListed, base::clip(rest, kShownPath)));
    error.about.emplace();
    return error;
}

Result<void> refuse(Call& call, const Match& match) {
    if (is_fleet_path(path_of(call.request))) return refuse_of_fleet(call, match);
    // Across all namespaces there are lists and watches; for every other verb the path is unknown
    // (apiextensions-apiserver, possiblyAcrossAllNamespacesVerbs).
    const bool is_across = match.other != nullptr && match.other->kind &&
                           match.other->extent == Extent::kAllNamespaces;
    if (match.other == nullptr || is_across) {
        render_no_such_path(call.response);
        return {};
    }
    std::string message = "the server does not allow this method on the requested resource";
    if (match.other->kind == Kind::kRestore) message += fmt::format(": {}", kRestoresAreRead);
    Error error(Code::kMethodNotAllowed, std::move(message));
    error.about.emplace();
    return error;
}

Result<bool> admit(Call& call, const Route& route) {
    if (!is_of_all_clusters(call)) {
        SNAPGATE_ASSIGN(call.cluster, find_cluster(call, call.parameters[0]));
    }
    auto resource = read_resource(route, call.parameters);
    if (!resource) return false;
    call.resource = std::move(*resource);
    if (call.audit != nullptr && route.kind) {
        call.audit->object = {.kind = std::string(model::kind_name(*route.kind)),
                              .ns = call.resource.ns,
                              .name = call.resource.name};
    }
    SNAPGATE_TRY(authorize(call, route));
    return true;
}

Result<Form> negotiate_form(const Call& call, const Route& route) {
    // A read that is sent on is answered in whatever form the cluster itself knows.
    const bool sent_on = is_read(route.verb) && is_for_cluster(call, route);
    if (!route.answer || sent_on) return Form();
    return negotiate(call.request, call.resource.kind, call.resource.v1alpha1, *route.answer);
}

Operation choose(const Call& call, const Route& route) {
    return is_for_cluster(call, route) ? pass_on : route.operation;
}

}  // namespace

const Face& face() {
    static constexpr Face kFace{Side::kKubernetes, find,   refuse, admit,
                                negotiate_form,    choose, false};
    return kFace;
}

}  // namespace snapgate::api::kube

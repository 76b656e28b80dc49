#include "api/kube/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/kube/caller.h"
#include "api/kube/forms.h"
#include "api/kube/operations.h"
#include "api/kube/parameters.h"
#include "api/kube/pass_on.h"
#include "api/kube/status.h"
#include "api/presented_key.h"
#include "base/encoding.h"
#include "model/api_names.h"

namespace snapgate::api::kube {
namespace {

using access::Role;
using base::Code;
using base::Error;
using base::Result;
using model::Kind;

#define SNAPGATE_GROUP "/clusters/{}/apis/snapshot.kubevirt.io/{}"
constexpr std::string_view kSnapshot = SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots/{}";
constexpr std::string_view kSnapshotStatus =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots/{}/status";
constexpr std::string_view kSnapshots = SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots";
constexpr std::string_view kAllSnapshots = SNAPGATE_GROUP "/virtualmachinesnapshots";
constexpr std::string_view kRestore = SNAPGATE_GROUP "/namespaces/{}/virtualmachinerestores/{}";
constexpr std::string_view kRestoreStatus =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinerestores/{}/status";
constexpr std::string_view kRestores = SNAPGATE_GROUP "/namespaces/{}/virtualmachinerestores";
constexpr std::string_view kAllRestores = SNAPGATE_GROUP "/virtualmachinerestores";
#undef SNAPGATE_GROUP
constexpr std::string_view kNamespaces = "/clusters/{}/api/v1/namespaces";
constexpr std::string_view kNamespace = "/clusters/{}/api/v1/namespaces/{}";

constexpr Wanted answer_to(Verb verb) {
    if (verb == Verb::kWatch) return Wanted::kWatch;
    return verb == Verb::kList || verb == Verb::kDeleteCollection ? Wanted::kList : Wanted::kObject;
}

constexpr Route on_objects(Verb verb, std::string_view path, Kind kind, Extent extent,
                           Operation operation) {
    return {
        verb,   path,           is_read(verb) ? Role::kReader : Role::kEditor, operation, {}, kind,
        extent, answer_to(verb)};
}

constexpr Route on_snapshots(Verb verb, Extent extent, Operation operation) {
    std::string_view path = kSnapshot;
    if (extent == Extent::kAllNamespaces) path = kAllSnapshots;
    if (extent == Extent::kCollection) path = kSnapshots;
    if (extent == Extent::kStatus) path = kSnapshotStatus;
    return on_objects(verb, path, Kind::kSnapshot, extent, operation);
}

// They are only read.
constexpr Route on_restores(Verb verb, Extent extent, Operation operation) {
    std::string_view path = kRestore;
    if (extent == Extent::kAllNamespaces) path = kAllRestores;
    if (extent == Extent::kCollection) path = kRestores;
    if (extent == Extent::kStatus) path = kRestoreStatus;
    return on_objects(verb, path, Kind::kRestore, extent, operation);
}

constexpr Route on_namespaces(Verb verb, Extent extent, Operation operation) {
    return on_objects(verb, extent == Extent::kObject ? kNamespace : kNamespaces, Kind::kNamespace,
                      extent, operation);
}

// A watch by a path that says so. Kubernetes has them since before ?watch, and some clients know no
// other (Ruby's kubeclient).
constexpr Route on_old_watch(std::string_view path, Kind kind, Extent extent) {
    return on_objects(Verb::kWatch, path, kind, extent, watch_objects);
}

// What is asked about the server and not about objects.
constexpr Route on_server(std::string_view path, Operation operation) {
    return {Verb::kGet, path, Role::kReader, operation, {}, {}, {}, {}};
}

// What is asked about the caller.
constexpr Route on_caller(std::string_view path, Operation operation) {
    return {Verb::kCreate, path, Role::kReader, operation, {}, {}, {}, {}};
}

constexpr Route on_events(std::string_view path) {
    return {Verb::kList, path, Role::kReader, list_events, {}, {}, {}, {}};
}

constexpr std::array kRoutes = {
    on_snapshots(Verb::kGet, Extent::kObject, get_object),
    on_snapshots(Verb::kGet, Extent::kStatus, get_object),
    on_restores(Verb::kGet, Extent::kObject, get_object),
    on_restores(Verb::kGet, Extent::kStatus, get_object),
    on_namespaces(Verb::kGet, Extent::kObject, get_object),
    on_snapshots(Verb::kList, Extent::kCollection, list_objects),
    on_snapshots(Verb::kList, Extent::kAllNamespaces, list_objects),
    on_restores(Verb::kList, Extent::kCollection, list_objects),
    on_restores(Verb::kList, Extent::kAllNamespaces, list_objects),
    on_namespaces(Verb::kList, Extent::kCollection, list_objects),
    on_snapshots(Verb::kWatch, Extent::kCollection, watch_objects),
    on_snapshots(Verb::kWatch, Extent::kAllNamespaces, watch_objects),
    on_restores(Verb::kWatch, Extent::kCollection, watch_objects),
    on_restores(Verb::kWatch, Extent::kAllNamespaces, watch_objects),
    on_namespaces(Verb::kWatch, Extent::kCollection, watch_objects),
    on_snapshots(Verb::kCreate, Extent::kCollection, create_object),
    on_snapshots(Verb::kCreate, Extent::kObject, create_object),
    on_namespaces(Verb::kCreate, Extent::kCollection, create_object),
    on_snapshots(Verb::kUpdate, Extent::kCollection, update_object),
    on_snapshots(Verb::kUpdate, Extent::kObject, update_object),
    on_snapshots(Verb::kUpdate, Extent::kStatus, update_object),
    on_snapshots(Verb::kPatch, Extent::kCollection, patch_object),
    on_snapshots(Verb::kPatch, Extent::kObject, patch_object),
    on_snapshots(Verb::kPatch, Extent::kStatus, patch_object),
    on_snapshots(Verb::kDeleteCollection, Extent::kCollection, delete_collection),
    on_snapshots(Verb::kDelete, Extent::kObject, delete_object),
    on_namespaces(Verb::kDelete, Extent::kObject, delete_object),
#define SNAPGATE_WATCH "/clusters/{}/apis/snapshot.kubevirt.io/{}/watch"
    on_old_watch(SNAPGATE_WATCH "/namespaces/{}/virtualmachinesnapshots/{}", Kind::kSnapshot,
                 Extent::kObject),
    on_old_watch(SNAPGATE_WATCH "/namespaces/{}/virtualmachinesnapshots", Kind::kSnapshot,
                 Extent::kCollection),
    on_old_watch(SNAPGATE_WATCH "/virtualmachinesnapshots", Kind::kSnapshot,
                 Extent::kAllNamespaces),
    on_old_watch(SNAPGATE_WATCH "/namespaces/{}/virtualmachinerestores/{}", Kind::kRestore,
                 Extent::kObject),
    on_old_watch(SNAPGATE_WATCH "/namespaces/{}/virtualmachinerestores", Kind::kRestore,
                 Extent::kCollection),
    on_old_watch(SNAPGATE_WATCH "/virtualmachinerestores", Kind::kRestore, Extent::kAllNamespaces),
#undef SNAPGATE_WATCH
    on_old_watch("/clusters/{}/api/v1/watch/namespaces", Kind::kNamespace, Extent::kCollection),
    on_old_watch("/clusters/{}/api/v1/watch/namespaces/{}", Kind::kNamespace, Extent::kObject),
    on_server("/clusters/{}/healthz", get_health),
    on_server("/clusters/{}/livez", get_health),
    on_server("/clusters/{}/readyz", get_health),
    on_server("/clusters/{}/version", get_version),
    on_server("/clusters/{}/api", get_api),
    on_server("/clusters/{}/apis", get_groups),
    on_server("/clusters/{}/api/{}", get_resources),
    on_server("/clusters/{}/apis/{}", get_group),
    on_server("/clusters/{}/apis/{}/{}", get_resources),
    on_server("/clusters/{}/openapi/v2", get_openapi_v2),
    on_server("/clusters/{}/openapi/v3", get_openapi_index),
    on_server("/clusters/{}/openapi/v3/{}/{}", get_openapi),
    on_server("/clusters/{}/openapi/v3/{}/{}/{}", get_openapi),
    // Everyone may ask who they are and what they may do.
    on_caller("/clusters/{}/apis/authentication.k8s.io/v1/selfsubjectreviews", review_self),
    on_caller("/clusters/{}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review_access),
    on_caller("/clusters/{}/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review_rules),
    on_events("/clusters/{}/api/v1/events"),
    on_events("/clusters/{}/api/v1/namespaces/{}/events"),
};

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
    if (call.request.header_count("Authorization") != 1) return unauthorized;
    const auto token = bearer_token(call.request);
    if (!token) return unauthorized;
    auto principal = call.services.keys.authenticate(*token);
    if (!principal) return unauthorized;
    call.principal = std::move(*principal);
    call.scope = {call.principal.project};
    return {};
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
                    what, user_name(call), to_text(route.verb), resource.plural(),
                    resource.status ? "/status" : "", resource.group(),
                    resource.ns.empty() ? " at the cluster scope"
                                        : fmt::format(" in the namespace \"{}\"", resource.ns)));
    error.about = base::About{
        std::string(resource.group()), std::string(resource.plural()), resource.name, {}};
    return error;
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
    SNAPGATE_ASSIGN(const auto watch, flag_parameter(call.request, "watch"));
    std::string_view path = call.request.path;
    // As kube-apiserver: discovery has both forms, and the Python client asks for the longer one.
    if (path.ends_with('/')) path.remove_suffix(1);
    return find_route(kRoutes, call.request.method, path,
                      watch.value_or(false) || is_old_watch(path));
}

Result<void> refuse(Call& call, const Match& match) {
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
    SNAPGATE_ASSIGN(call.cluster, find_cluster(call, call.parameters[0]));
    auto resource = read_resource(route, call.parameters);
    if (!resource) return false;
    call.resource = std::move(*resource);
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

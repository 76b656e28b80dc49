#include "api/kube/route_table.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "api/kube/operations.h"

namespace snapgate::api::kube {
namespace {

using access::Role;
using model::Kind;

// The label of a watch is the path of the list, and "?watch".
constexpr std::string_view path_of_list(std::string_view label_of_watch) {
    return label_of_watch.substr(0, label_of_watch.find('?'));
}

#define SNAPGATE_GROUP "/clusters/{}/apis/snapshot.kubevirt.io/{}"
constexpr std::string_view kSnapshot = SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots/{}";
constexpr std::string_view kSnapshotStatus =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots/{}/status";
constexpr std::string_view kWatchSnapshots =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinesnapshots?watch";
constexpr std::string_view kWatchAllSnapshots = SNAPGATE_GROUP "/virtualmachinesnapshots?watch";
constexpr std::string_view kRestore = SNAPGATE_GROUP "/namespaces/{}/virtualmachinerestores/{}";
constexpr std::string_view kRestoreStatus =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinerestores/{}/status";
constexpr std::string_view kWatchRestores =
    SNAPGATE_GROUP "/namespaces/{}/virtualmachinerestores?watch";
constexpr std::string_view kWatchAllRestores = SNAPGATE_GROUP "/virtualmachinerestores?watch";
#undef SNAPGATE_GROUP
constexpr std::string_view kWatchNamespaces = "/clusters/{}/api/v1/namespaces?watch";
constexpr std::string_view kNamespace = "/clusters/{}/api/v1/namespaces/{}";

constexpr Wanted answer_to(Verb verb) {
    if (verb == Verb::kWatch) return Wanted::kWatch;
    return verb == Verb::kList || verb == Verb::kDeleteCollection ? Wanted::kList : Wanted::kObject;
}

constexpr Route on_objects(Verb verb, std::string_view path, Kind kind, Extent extent,
                           Operation operation) {
    return {verb,
            path,
            is_read(verb) ? Role::kReader : Role::kEditor,
            operation,
            {},
            kind,
            extent,
            answer_to(verb),
            {}};
}

constexpr Route on_snapshots(Verb verb, Extent extent, Operation operation) {
    std::string_view path = kSnapshot;
    if (extent == Extent::kAllNamespaces) path = path_of_list(kWatchAllSnapshots);
    if (extent == Extent::kCollection) path = path_of_list(kWatchSnapshots);
    if (extent == Extent::kStatus) path = kSnapshotStatus;
    return on_objects(verb, path, Kind::kSnapshot, extent, operation);
}

// They are only read.
constexpr Route on_restores(Verb verb, Extent extent, Operation operation) {
    std::string_view path = kRestore;
    if (extent == Extent::kAllNamespaces) path = path_of_list(kWatchAllRestores);
    if (extent == Extent::kCollection) path = path_of_list(kWatchRestores);
    if (extent == Extent::kStatus) path = kRestoreStatus;
    return on_objects(verb, path, Kind::kRestore, extent, operation);
}

constexpr Route on_namespaces(Verb verb, Extent extent, Operation operation) {
    const std::string_view path =
        extent == Extent::kObject ? kNamespace : path_of_list(kWatchNamespaces);
    return on_objects(verb, path, Kind::kNamespace, extent, operation);
}

// A watch by a path that says so. Kubernetes has them since before ?watch, and some clients know no
// other (Ruby's kubeclient).
constexpr Route on_old_watch(std::string_view path, Kind kind, Extent extent) {
    return on_objects(Verb::kWatch, path, kind, extent, watch_objects);
}

// What is asked about the server and not about objects.
constexpr Route on_server(std::string_view path, Operation operation) {
    return {Verb::kGet, path, Role::kReader, operation, {}, {}, {}, {}, {}};
}

// What is asked about the caller.
constexpr Route on_caller(std::string_view path, Operation operation) {
    return {Verb::kCreate, path, Role::kReader, operation, {}, {}, {}, {}, {}};
}

constexpr Route on_events(std::string_view path) {
    return {Verb::kList, path, Role::kReader, list_events, {}, {}, {}, {}, {}};
}

constexpr std::array kOnObjects = {
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
    on_events("/clusters/{}/api/v1/events"),
    on_events("/clusters/{}/api/v1/namespaces/{}/events"),
};

// The objects of all clusters are listed, and nothing else.
constexpr std::array kOnFleets = {
    on_snapshots(Verb::kList, Extent::kCollection, list_fleet_objects),
    on_snapshots(Verb::kList, Extent::kAllNamespaces, list_fleet_objects),
    on_restores(Verb::kList, Extent::kCollection, list_fleet_objects),
    on_restores(Verb::kList, Extent::kAllNamespaces, list_fleet_objects),
};

constexpr std::array kOnServer = {
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
};

template <size_t Some, size_t Others>
constexpr std::array<Route, Some + Others> join(const std::array<Route, Some>& some,
                                                const std::array<Route, Others>& others) {
    std::array<Route, Some + Others> all;
    std::ranges::copy(others, std::ranges::copy(some, all.begin()).out);
    return all;
}
constexpr auto kRoutes = join(kOnObjects, kOnServer);
constexpr auto kFleetRoutes = join(kOnFleets, kOnServer);

}  // namespace

std::span<const Route> cluster_routes() {
    return kRoutes;
}

std::span<const Route> fleet_routes() {
    return kFleetRoutes;
}

std::string_view label_of_watch(const Resource& resource) {
    if (resource.kind == Kind::kNamespace) return kWatchNamespaces;
    if (resource.kind == Kind::kRestore)
        return resource.ns.empty() ? kWatchAllRestores : kWatchRestores;
    return resource.ns.empty() ? kWatchAllSnapshots : kWatchSnapshots;
}

}  // namespace snapgate::api::kube

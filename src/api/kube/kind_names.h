#pragma once

#include <string_view>

#include "model/api_names.h"
#include "model/types.h"

namespace snapgate::api::kube {

// What Kubernetes' API calls a kind of object that is served below /clusters/{uid}.
struct KindNames {
    std::string_view group;    // empty for core
    std::string_view version;  // that is preferred
    std::string_view api_version;
    std::string_view plural;
    std::string_view singular;
    std::string_view kind;
    std::string_view list_kind;

    // A custom resource, of a CRD. Kubernetes prints these otherwise than its own kinds.
    bool custom() const { return !group.empty(); }
};

inline constexpr KindNames kSnapshotNames{model::kSnapshotGroup,    model::kStoredVersion,
                                          model::kStoredApiVersion, model::kSnapshotPlural,
                                          "virtualmachinesnapshot", model::kSnapshotKind,
                                          model::kSnapshotListKind};
inline constexpr KindNames kRestoreNames{model::kSnapshotGroup,      model::kStoredVersion,
                                         model::kStoredApiVersion,   model::kRestorePlural,
                                         "virtualmachinerestore",    model::kRestoreKind,
                                         "VirtualMachineRestoreList"};
inline constexpr KindNames kNamespaceNames{
    "", "v1", "v1", model::kNamespacePlural, "namespace", model::kNamespaceKind, "NamespaceList"};

// Of a kind that a route is about.
constexpr const KindNames& names_of(model::Kind kind) {
    switch (kind) {
        case model::Kind::kNamespace:
            return kNamespaceNames;
        case model::Kind::kRestore:
            return kRestoreNames;
        case model::Kind::kSnapshot:
        case model::Kind::kVirtualMachine:  // not served: what is kept is not the object
        case model::Kind::kContent:
            break;
    }
    return kSnapshotNames;
}

// Whether what is asked about objects of a kind of a connected cluster is for the cluster itself:
// writes, and everything about its namespaces, of which there is no mirror.
constexpr bool goes_to_cluster(model::Kind kind, bool reads) {
    return kind == model::Kind::kNamespace || !reads;
}

// Why of the namespaces of a connected cluster not everything is passed on to it.
inline constexpr std::string_view kNamespacesAreNotWatched =
    "the namespaces of a connected cluster cannot be watched here";
inline constexpr std::string_view kNamespacesAreNotWritten =
    "the namespaces of a connected cluster are not written through this server: use the cluster's "
    "own API";
// Why the writes of restores are refused.
inline constexpr std::string_view kRestoresAreRead =
    "restores are only read here: make, change and delete them through the cluster's own API";

// Why all else is refused below /clusters/-; the path in the cluster may follow.
inline constexpr std::string_view kFleetsAreListed =
    "/clusters/- only lists the snapshots and restores of all clusters; for anything else use the "
    "path of one cluster, /clusters/{uid}";

}  // namespace snapgate::api::kube

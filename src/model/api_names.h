#pragma once

#include <string_view>

#include "model/types.h"

// The names by which Kubernetes' API knows the snapshots of KubeVirt, and what belongs to them.
namespace snapgate::model {

inline constexpr std::string_view kSnapshotGroup = "snapshot.kubevirt.io";
inline constexpr std::string_view kSnapshotPlural = "virtualmachinesnapshots";
inline constexpr std::string_view kSnapshotKind = "VirtualMachineSnapshot";
inline constexpr std::string_view kSnapshotListKind = "VirtualMachineSnapshotList";
// The version in which objects are stored, and the older one with the same fields, which is served
// and which some clusters serve alone.
inline constexpr std::string_view kStoredVersion = "v1beta1";
inline constexpr std::string_view kOldVersion = "v1alpha1";
inline constexpr std::string_view kStoredApiVersion = "snapshot.kubevirt.io/v1beta1";
inline constexpr std::string_view kOldApiVersion = "snapshot.kubevirt.io/v1alpha1";

inline constexpr std::string_view kRestorePlural = "virtualmachinerestores";
inline constexpr std::string_view kRestoreKind = "VirtualMachineRestore";
inline constexpr std::string_view kContentPlural = "virtualmachinesnapshotcontents";
inline constexpr std::string_view kContentKind = "VirtualMachineSnapshotContent";

inline constexpr std::string_view kVmGroup = "kubevirt.io";
inline constexpr std::string_view kVmPlural = "virtualmachines";
inline constexpr std::string_view kVmKind = "VirtualMachine";
inline constexpr std::string_view kVmVersion = "v1";
inline constexpr std::string_view kVmApiVersion = "kubevirt.io/v1";

inline constexpr std::string_view kNamespacePlural = "namespaces";
inline constexpr std::string_view kNamespaceKind = "Namespace";
// The label of a namespace that has its name.
inline constexpr std::string_view kNamespaceNameLabel = "kubernetes.io/metadata.name";

constexpr std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::kSnapshot:
            return kSnapshotKind;
        case Kind::kNamespace:
            return kNamespaceKind;
        case Kind::kVirtualMachine:
            return kVmKind;
        case Kind::kRestore:
            return kRestoreKind;
        case Kind::kContent:
            break;
    }
    return kContentKind;
}

}  // namespace snapgate::model

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

namespace snapgate::model {

// The number a cluster has in the store: never used twice, so what a deleted cluster left behind
// can not turn up in another. Outside the store clusters are known by their uid.
using ClusterNumber = uint32_t;

// The store's own counter: every change of an object takes the next one. 0 is "none".
using Revision = uint64_t;

// Kinds of object the store holds. Stored on disk: numbers never change meaning.
enum class Kind : uint8_t {
    kSnapshot = 1,   // VirtualMachineSnapshot of snapshot.kubevirt.io
    kNamespace = 2,  // core/v1 Namespace; its namespace part is empty
    // Of these only parts are kept (kept_schema.h).
    kVirtualMachine = 3,  // VirtualMachine of kubevirt.io
    kRestore = 4,         // VirtualMachineRestore of snapshot.kubevirt.io
    kContent = 5,         // VirtualMachineSnapshotContent of snapshot.kubevirt.io
};
inline constexpr Kind kKinds[] = {Kind::kSnapshot, Kind::kNamespace, Kind::kVirtualMachine,
                                  Kind::kRestore, Kind::kContent};

// Where an object is within its cluster and kind. Ordered by namespace, then name, by bytes: the
// order of every list.
struct ObjectKey {
    std::string ns;
    std::string name;

    auto operator<=>(const ObjectKey&) const = default;
};

// Behind the object of that key and before every other: where a walk that stopped there goes on. No
// name holds so small a byte.
inline ObjectKey just_after(std::string_view ns, std::string_view name) {
    return {std::string(ns), std::string(name) + '\x01'};
}

}  // namespace snapgate::model

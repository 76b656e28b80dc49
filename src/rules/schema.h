#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace snapgate::rules {

// The structural schemas of what is written through Kubernetes' API: KubeVirt's CRD of
// VirtualMachineSnapshot (v1alpha1 and v1beta1 have the same one), ObjectMeta of meta/v1, Namespace
// of core/v1. Tables that never change; any thread may read them.

struct Schema;

struct Property {
    std::string_view name;
    const Schema* schema = nullptr;
    bool required = false;
};

struct Schema {
    enum class Type : uint8_t { kAny, kString, kTime, kBoolean, kInteger, kArray, kObject };
    // Who may own which part of it (structured-merge-diff): each part, only the whole, the elements
    // of a list by their value, or by their uid.
    enum class Merge : uint8_t { kGranular, kAtomic, kSet, kByUid };

    Type type = Type::kAny;
    Merge merge = Merge::kGranular;
    bool nullable = false;
    std::span<const Property> properties;  // of an object; sorted by name
    const Schema* values = nullptr;        // of an object that is a map
    const Schema* items = nullptr;         // of an array
    std::string_view go_type;              // of ObjectMeta, what Go calls it: "types.UID"
};

extern const Schema kSnapshotSchema;
extern const Schema kNamespaceSchema;
// ObjectMeta: the `metadata` of both.
extern const Schema kMetadataSchema;

// The property of that name; null if the schema has none.
const Property* find_property(const Schema& schema, std::string_view name);

// The schema of an object's member, from its properties or its values; null if it has none.
const Schema* member_schema(const Schema& schema, std::string_view name);

}  // namespace snapgate::rules

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace snapgate::model {

// The fields of the kinds of objects that the store holds, in the one table that imports, API
// writes and protobuf bodies are read by: KubeVirt's CRD of VirtualMachineSnapshot (v1alpha1 and
// v1beta1 have the same one; Palette's published v1VirtualMachineSnapshot agrees with it),
// ObjectMeta of meta/v1, Namespace of core/v1. Tables that never change; any thread may read them.

struct Schema;

struct Property {
    std::string_view name;
    const Schema* schema = nullptr;
    bool required = false;
    // The field's number in the generated.proto files of k8s.io/api and k8s.io/apimachinery; 0
    // where a protobuf body's field is passed over.
    uint32_t number = 0;
};

struct Schema {
    enum class Type : uint8_t {
        kAny,
        kString,
        kTime,  // RFC 3339
        kBoolean,
        kInteger,  // 64 bits, signed
        kArray,
        kObject,
        kFieldsV1,  // an object of any shape in Kubernetes, {"Raw":["<base64>"]} in Palette
    };
    // Who may own which part of it (structured-merge-diff): each part, only the whole, the elements
    // of a list by their value, or by their uid.
    enum class Merge : uint8_t { kGranular, kAtomic, kSet, kByUid };

    Type type = Type::kAny;
    Merge merge = Merge::kGranular;
    bool nullable = false;
    std::span<const Property> properties;  // of an object; sorted by name
    const Schema* values = nullptr;        // of an object that is a map
    // Of a map of which not every member is kept (kept_schema.h): whether one of that key is.
    bool (*keeps)(std::string_view key) = nullptr;
    const Schema* items = nullptr;  // of an array
    std::string_view go_type;       // of ObjectMeta, what Go calls it: "types.UID"
};

extern const Schema kSnapshotSchema;
extern const Schema kNamespaceSchema;
// ObjectMeta: the `metadata` of both.
extern const Schema kMetadataSchema;
// The `spec` of a snapshot, and the `source` in it.
extern const Schema kSpecSchema;
extern const Schema kSourceSchema;

// Parts that other kinds of objects have, too.
extern const Schema kOwnersSchema;
extern const Schema kFinalizersSchema;
extern const Schema kConditionsSchema;
extern const Schema kErrorSchema;

// The property of that name; null if the schema has none.
const Property* find_property(const Schema& schema, std::string_view name);

// The schema of an object's member, from its properties or its values; null if it has none.
const Schema* member_schema(const Schema& schema, std::string_view name);

}  // namespace snapgate::model

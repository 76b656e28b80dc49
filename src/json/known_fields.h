#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace snapgate::json {

// The fields of a VirtualMachineSnapshot (and of a Namespace) that have a type: what KubeVirt's CRD
// and Palette's published v1VirtualMachineSnapshot say of it, taken together, so that an object
// which passes is valid against both. Fields that are not here pass through as they are.

struct Shape;

enum class FieldType : uint8_t {
    kAny,
    kString,
    kTime,  // RFC 3339
    kBool,
    kInteger,  // 64 bits
    kObject,
    kStringMap,
    kStringList,
    kObjectList,
    kFieldsV1,  // JSON of any shape in Kubernetes, {"Raw":["<base64>"]} in Palette
};

struct Field {
    std::string_view name;
    FieldType type = FieldType::kAny;
    const Shape* shape = nullptr;  // of an object, or of the objects of a list
    bool required = false;         // refused with FieldValueRequired if it is absent or null
};

struct Shape {
    std::span<const Field> fields;  // sorted by name
};

extern const Shape kSnapshotShape;
extern const Shape kNamespaceShape;
extern const Shape kMetadataShape;
extern const Shape kSpecShape;
extern const Shape kSourceShape;

// How a message calls a type: "a string", "a list of strings".
std::string_view describe(FieldType type);

}  // namespace snapgate::json

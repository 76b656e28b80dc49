#include "model/schema.h"

#include <algorithm>

namespace snapgate::model {
namespace {

using Type = Schema::Type;
using Merge = Schema::Merge;

constexpr bool kRequired = true;
constexpr bool kOptional = false;

template <size_t N>
constexpr Schema object(const Property (&properties)[N], Merge merge = Merge::kGranular,
                        std::string_view go_type = {}) {
    return {.type = Type::kObject, .merge = merge, .properties = properties, .go_type = go_type};
}

constexpr Schema array(const Schema& items, Merge merge, std::string_view go_type = {}) {
    return {.type = Type::kArray,
            .merge = merge,
            .properties = {},
            .items = &items,
            .go_type = go_type};
}

constexpr Schema scalar(Type type, std::string_view go_type = {}, bool nullable = false) {
    return {.type = type, .nullable = nullable, .properties = {}, .go_type = go_type};
}

// ObjectMeta of meta/v1 with the names that its types have in Go.

constexpr Schema kText = scalar(Type::kString, "string");
constexpr Schema kUid = scalar(Type::kString, "types.UID");
constexpr Schema kInt64 = scalar(Type::kInteger, "int64");
constexpr Schema kFlag = scalar(Type::kBoolean, "bool");
constexpr Schema kMetaTime = scalar(Type::kTime, "string");
constexpr Schema kTextMap{
    .type = Type::kObject, .properties = {}, .values = &kText, .go_type = "map[string]string"};
constexpr Schema kFieldsV1 = scalar(Type::kFieldsV1);

constexpr Property kOwnerProperties[] = {
    {"apiVersion", &kText}, {"blockOwnerDeletion", &kFlag},
    {"controller", &kFlag}, {"kind", &kText},
    {"name", &kText},       {"uid", &kUid},
};
constexpr Schema kOwner = object(kOwnerProperties, Merge::kAtomic, "v1.OwnerReference");
constexpr Schema kOwners = array(kOwner, Merge::kByUid, "[]v1.OwnerReference");

constexpr Property kManagerProperties[] = {
    {"apiVersion", &kText}, {"fieldsType", &kText},  {"fieldsV1", &kFieldsV1}, {"manager", &kText},
    {"operation", &kText},  {"subresource", &kText}, {"time", &kMetaTime},
};
constexpr Schema kManager = object(kManagerProperties, Merge::kAtomic, "v1.ManagedFieldsEntry");
constexpr Schema kManagers = array(kManager, Merge::kAtomic, "[]v1.ManagedFieldsEntry");
constexpr Schema kFinalizers = array(kText, Merge::kSet, "[]string");

constexpr Property kMetadataProperties[] = {
    {"annotations", &kTextMap, kOptional, 12},
    {"creationTimestamp", &kMetaTime},
    {"deletionGracePeriodSeconds", &kInt64},
    {"deletionTimestamp", &kMetaTime},
    {"finalizers", &kFinalizers, kOptional, 14},
    {"generateName", &kText, kOptional, 2},
    {"generation", &kInt64},
    {"labels", &kTextMap, kOptional, 11},
    {"managedFields", &kManagers},
    {"name", &kText, kOptional, 1},
    {"namespace", &kText, kOptional, 3},
    {"ownerReferences", &kOwners},
    {"resourceVersion", &kText, kOptional, 6},
    {"uid", &kUid, kOptional, 5},
};

// The rest of a VirtualMachineSnapshot: KubeVirt's CRD.

constexpr Schema kString = scalar(Type::kString);
constexpr Schema kBoolean = scalar(Type::kBoolean);
constexpr Schema kTime = scalar(Type::kTime);
constexpr Schema kNullableTime = scalar(Type::kTime, {}, true);
constexpr Schema kStringSet = array(kString, Merge::kSet);

constexpr Property kSourceProperties[] = {
    {"apiGroup", &kString},
    {"kind", &kString, kRequired},
    {"name", &kString, kRequired},
};
constexpr Property kSpecProperties[] = {
    {"deletionPolicy", &kString},
    {"failureDeadline", &kString},
    {"source", &kSourceSchema, kRequired},
};
constexpr Property kConditionProperties[] = {
    {"lastProbeTime", &kNullableTime},
    {"lastTransitionTime", &kNullableTime},
    {"message", &kString},
    {"reason", &kString},
    {"status", &kString, kRequired},
    {"type", &kString, kRequired},
};
constexpr Schema kCondition = object(kConditionProperties);
constexpr Schema kConditions = array(kCondition, Merge::kAtomic);

constexpr Property kErrorProperties[] = {{"message", &kString}, {"time", &kTime}};
constexpr Schema kError = object(kErrorProperties);

constexpr Property kVolumesProperties[] = {{"excludedVolumes", &kStringSet},
                                           {"includedVolumes", &kStringSet}};
constexpr Schema kVolumes = object(kVolumesProperties);

constexpr Property kIndicationProperties[] = {
    {"indication", &kString, kRequired},
    {"message", &kString, kRequired},
};
constexpr Schema kIndication = object(kIndicationProperties);
constexpr Schema kSourceIndications = array(kIndication, Merge::kAtomic);

constexpr Property kStatusProperties[] = {
    {"conditions", &kConditions},
    {"creationTime", &kNullableTime},
    {"error", &kError},
    {"indications", &kStringSet},
    {"phase", &kString},
    {"readyToUse", &kBoolean},
    {"snapshotVolumes", &kVolumes},
    {"sourceIndications", &kSourceIndications},
    {"sourceUID", &kString},
    {"virtualMachineSnapshotContentName", &kString},
};
constexpr Schema kStatus = object(kStatusProperties);

constexpr Property kSnapshotProperties[] = {
    {"apiVersion", &kString},          {"kind", &kString},   {"metadata", &kMetadataSchema},
    {"spec", &kSpecSchema, kRequired}, {"status", &kStatus},
};

// The fields of a Namespace that a client may name: only its metadata is kept.
constexpr Property kNamespaceSpecProperties[] = {{"finalizers", &kStringSet, kOptional, 1}};
constexpr Schema kNamespaceSpec = object(kNamespaceSpecProperties);
constexpr Schema kAnything = scalar(Type::kAny);
constexpr Property kNamespaceStatusProperties[] = {{"conditions", &kAnything}, {"phase", &kString}};
constexpr Schema kNamespaceStatus = object(kNamespaceStatusProperties);
constexpr Property kNamespaceProperties[] = {
    {"apiVersion", &kString},
    {"kind", &kString},
    {"metadata", &kMetadataSchema, kRequired, 1},
    {"spec", &kNamespaceSpec, kOptional, 2},
    {"status", &kNamespaceStatus},
};

template <size_t N>
constexpr bool sorted(const Property (&properties)[N]) {
    return std::ranges::is_sorted(properties, {}, &Property::name);
}
static_assert(sorted(kOwnerProperties) && sorted(kManagerProperties) &&
              sorted(kMetadataProperties) && sorted(kSourceProperties) && sorted(kSpecProperties) &&
              sorted(kConditionProperties) && sorted(kErrorProperties) &&
              sorted(kVolumesProperties) && sorted(kIndicationProperties) &&
              sorted(kStatusProperties) && sorted(kSnapshotProperties) &&
              sorted(kNamespaceProperties) && sorted(kNamespaceStatusProperties));

}  // namespace

constexpr Schema kMetadataSchema = object(kMetadataProperties, Merge::kGranular, "v1.ObjectMeta");
constexpr Schema kSourceSchema = object(kSourceProperties, Merge::kAtomic);
constexpr Schema kSpecSchema = object(kSpecProperties);
constexpr Schema kSnapshotSchema = object(kSnapshotProperties);
constexpr Schema kNamespaceSchema = object(kNamespaceProperties);

const Property* find_property(const Schema& schema, std::string_view name) {
    auto found = std::ranges::lower_bound(schema.properties, name, {}, &Property::name);
    return found != schema.properties.end() && found->name == name ? &*found : nullptr;
}

const Schema* member_schema(const Schema& schema, std::string_view name) {
    if (const Property* property = find_property(schema, name)) return property->schema;
    return schema.values;
}

}  // namespace snapgate::model

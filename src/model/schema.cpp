#include "model/schema.h"

#include <algorithm>

#include "model/schema_terms.h"

namespace snapgate::model {
namespace {

using Type = Schema::Type;
using Merge = Schema::Merge;
using schema_terms::array;
using schema_terms::kOptional;
using schema_terms::kRequired;
using schema_terms::map;
using schema_terms::object;
using schema_terms::scalar;
using schema_terms::sorted;

// ObjectMeta of meta/v1 with the names that its types have in Go.

constexpr Schema kText = scalar(Type::kString, "string");
constexpr Schema kUid = scalar(Type::kString, "types.UID");
constexpr Schema kInt64 = scalar(Type::kInteger, "int64");
constexpr Schema kFlag = scalar(Type::kBoolean, "bool");
constexpr Schema kMetaTime = scalar(Type::kTime, "string");
constexpr Schema kTextMap = map(kText, nullptr, "map[string]string");
constexpr Schema kFieldsV1 = scalar(Type::kFieldsV1);

constexpr Property kOwnerProperties[] = {
    {"apiVersion", &kText}, {"blockOwnerDeletion", &kFlag},
    {"controller", &kFlag}, {"kind", &kText},
    {"name", &kText},       {"uid", &kUid},
};
constexpr Schema kOwner = object(kOwnerProperties, Merge::kAtomic, "v1.OwnerReference");

constexpr Property kManagerProperties[] = {
    {"apiVersion", &kText}, {"fieldsType", &kText},  {"fieldsV1", &kFieldsV1}, {"manager", &kText},
    {"operation", &kText},  {"subresource", &kText}, {"time", &kMetaTime},
};
constexpr Schema kManager = object(kManagerProperties, Merge::kAtomic, "v1.ManagedFieldsEntry");
constexpr Schema kManagers = array(kManager, Merge::kAtomic, "[]v1.ManagedFieldsEntry");

constexpr Property kMetadataProperties[] = {
    {"annotations", &kTextMap, kOptional, 12},
    {"creationTimestamp", &kMetaTime},
    {"deletionGracePeriodSeconds", &kInt64},
    {"deletionTimestamp", &kMetaTime},
    {"finalizers", &kFinalizersSchema, kOptional, 14},
    {"generateName", &kText, kOptional, 2},
    {"generation", &kInt64},
    {"labels", &kTextMap, kOptional, 11},
    {"managedFields", &kManagers},
    {"name", &kText, kOptional, 1},
    {"namespace", &kText, kOptional, 3},
    {"ownerReferences", &kOwnersSchema},
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

constexpr Property kErrorProperties[] = {{"message", &kString}, {"time", &kTime}};

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
    {"conditions", &kConditionsSchema},
    {"creationTime", &kNullableTime},
    {"error", &kErrorSchema},
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

static_assert(sorted(kOwnerProperties) && sorted(kManagerProperties) &&
              sorted(kMetadataProperties) && sorted(kSourceProperties) && sorted(kSpecProperties) &&
              sorted(kConditionProperties) && sorted(kErrorProperties) &&
              sorted(kVolumesProperties) && sorted(kIndicationProperties) &&
              sorted(kStatusProperties) && sorted(kSnapshotProperties) &&
              sorted(kNamespaceProperties) && sorted(kNamespaceStatusProperties));

}  // namespace

constexpr Schema kOwnersSchema = array(kOwner, Merge::kByUid, "[]v1.OwnerReference");
constexpr Schema kFinalizersSchema = array(kText, Merge::kSet, "[]string");
constexpr Schema kConditionsSchema = array(kCondition, Merge::kAtomic);
constexpr Schema kErrorSchema = object(kErrorProperties);
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

#include "json/known_fields.h"

#include <algorithm>

namespace snapgate::json {
namespace {

using enum FieldType;

constexpr bool kRequired = true;

constexpr Field kManagedFields[] = {
    {"apiVersion", kString}, {"fieldsType", kString}, {"fieldsV1", kFieldsV1},
    {"manager", kString},    {"operation", kString},  {"subresource", kString},
    {"time", kTime},
};
constexpr Shape kManagedFieldsEntry{kManagedFields};

// What is required of an owner is a rule of Kubernetes' own, with words of its own: snapshot_rules.
constexpr Field kOwnerFields[] = {
    {"apiVersion", kString}, {"blockOwnerDeletion", kBool},
    {"controller", kBool},   {"kind", kString},
    {"name", kString},       {"uid", kString},
};
constexpr Shape kOwnerReference{kOwnerFields};

// clusterName and selfLink are dropped before they could be looked up here.
constexpr Field kMetadataFields[] = {
    {"annotations", kStringMap},
    {"creationTimestamp", kTime},
    {"deletionGracePeriodSeconds", kInteger},
    {"deletionTimestamp", kTime},
    {"finalizers", kStringList},
    {"generateName", kString},
    {"generation", kInteger},
    {"labels", kStringMap},
    {"managedFields", kObjectList, &kManagedFieldsEntry},
    {"name", kString},
    {"namespace", kString},
    {"ownerReferences", kObjectList, &kOwnerReference},
    {"resourceVersion", kString},
    {"uid", kString},
};

// apiGroup is required by KubeVirt's webhook, in its own words: snapshot_rules.
constexpr Field kSourceFields[] = {
    {"apiGroup", kString},
    {"kind", kString, nullptr, kRequired},
    {"name", kString, nullptr, kRequired},
};

constexpr Field kSpecFields[] = {
    {"deletionPolicy", kString},
    {"failureDeadline", kString},
    {"source", kObject, &kSourceShape, kRequired},
};

constexpr Field kConditionFields[] = {
    {"lastProbeTime", kTime},
    {"lastTransitionTime", kTime},
    {"message", kString},
    {"reason", kString},
    {"status", kString, nullptr, kRequired},
    {"type", kString, nullptr, kRequired},
};
constexpr Shape kCondition{kConditionFields};

constexpr Field kErrorFields[] = {{"message", kString}, {"time", kTime}};
constexpr Shape kError{kErrorFields};

constexpr Field kVolumeFields[] = {{"excludedVolumes", kStringList},
                                   {"includedVolumes", kStringList}};
constexpr Shape kVolumes{kVolumeFields};

constexpr Field kSourceIndicationFields[] = {
    {"indication", kString, nullptr, kRequired},
    {"message", kString, nullptr, kRequired},
};
constexpr Shape kSourceIndication{kSourceIndicationFields};

constexpr Field kStatusFields[] = {
    {"conditions", kObjectList, &kCondition},
    {"creationTime", kTime},
    {"error", kObject, &kError},
    {"indications", kStringList},
    {"phase", kString},
    {"readyToUse", kBool},
    {"snapshotVolumes", kObject, &kVolumes},
    {"sourceIndications", kObjectList, &kSourceIndication},
    {"sourceUID", kString},
    {"virtualMachineSnapshotContentName", kString},
};
constexpr Shape kStatus{kStatusFields};

constexpr Field kSnapshotFields[] = {
    {"apiVersion", kString},
    {"kind", kString},
    {"metadata", kObject, &kMetadataShape},
    {"spec", kObject, &kSpecShape, kRequired},
    {"status", kObject, &kStatus},
};

constexpr Field kNamespaceFields[] = {
    {"apiVersion", kString}, {"kind", kString},   {"metadata", kObject, &kMetadataShape, kRequired},
    {"spec", kObject},       {"status", kObject},
};

template <size_t N>
constexpr bool sorted(const Field (&fields)[N]) {
    return std::ranges::is_sorted(fields, {}, &Field::name);
}
static_assert(sorted(kManagedFields) && sorted(kOwnerFields) && sorted(kMetadataFields) &&
              sorted(kSourceFields) && sorted(kSpecFields) && sorted(kConditionFields) &&
              sorted(kErrorFields) && sorted(kVolumeFields) && sorted(kSourceIndicationFields) &&
              sorted(kStatusFields) && sorted(kSnapshotFields) && sorted(kNamespaceFields));

}  // namespace

constexpr Shape kSnapshotShape{kSnapshotFields};
constexpr Shape kNamespaceShape{kNamespaceFields};
constexpr Shape kMetadataShape{kMetadataFields};
constexpr Shape kSpecShape{kSpecFields};
constexpr Shape kSourceShape{kSourceFields};

std::string_view describe(FieldType type) {
    switch (type) {
        case kAny:
            return "a value";
        case kString:
        case kTime:
            return "a string";
        case kBool:
            return "true or false";
        case kInteger:
            return "an integer of 64 bits";
        case kObject:
        case kFieldsV1:
            return "an object";
        case kStringMap:
            return "an object of strings";
        case kStringList:
            return "a list of strings";
        case kObjectList:
            return "a list of objects";
    }
    return {};
}

}  // namespace snapgate::json

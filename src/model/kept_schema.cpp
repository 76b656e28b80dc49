#include "model/kept_schema.h"

#include "model/api_names.h"
#include "model/schema_terms.h"

// The fields are those of KubeVirt's API (kubevirt.io/v1, snapshot.kubevirt.io/v1beta1).
namespace snapgate::model {
namespace {

using Type = Schema::Type;
using Merge = Schema::Merge;
using schema_terms::array;
using schema_terms::map;
using schema_terms::object;
using schema_terms::scalar;
using schema_terms::sorted;

constexpr Schema kKeptText = scalar(Type::kString);
constexpr Schema kKeptFlag = scalar(Type::kBoolean);
constexpr Schema kKeptNumber = scalar(Type::kInteger);
constexpr Schema kKeptTime = scalar(Type::kTime);
constexpr Schema kKeptTexts = array(kKeptText, Merge::kAtomic);
constexpr Schema kLabels = map(kKeptText);

bool is_own(std::string_view key) {
    return key.starts_with(kOwnAnnotations);
}
constexpr Schema kOwnOnly = map(kKeptText, is_own);

// kubectl apply writes the whole object there, with all that is dropped elsewhere.
bool is_no_copy(std::string_view key) {
    return key != "kubectl.kubernetes.io/last-applied-configuration";
}
constexpr Schema kAllButCopies = map(kKeptText, is_no_copy);

// VirtualMachine

constexpr Property kVmMetadataProperties[] = {
    {"annotations", &kOwnOnly},
    {"creationTimestamp", &kKeptTime},
    {"deletionTimestamp", &kKeptTime},
    {"labels", &kLabels},
    {"name", &kKeptText},
    {"namespace", &kKeptText},
    {"resourceVersion", &kKeptText},
    {"uid", &kKeptText},
};
constexpr Schema kVmMetadata = object(kVmMetadataProperties);

constexpr Property kInstanceTypeProperties[] = {{"kind", &kKeptText}, {"name", &kKeptText}};
constexpr Schema kInstanceType = object(kInstanceTypeProperties);
constexpr Property kClaimProperties[] = {{"claimName", &kKeptText}};
constexpr Schema kClaim = object(kClaimProperties);
constexpr Property kNameProperties[] = {{"name", &kKeptText}};
constexpr Schema kNameOnly = object(kNameProperties);
constexpr Property kVolumeProperties[] = {
    {"dataVolume", &kNameOnly},
    {"name", &kKeptText},
    {"persistentVolumeClaim", &kClaim},
};
constexpr Schema kVolume = object(kVolumeProperties);
constexpr Schema kTemplateVolumes = array(kVolume, Merge::kAtomic);
constexpr Property kTemplateSpecProperties[] = {{"volumes", &kTemplateVolumes}};
constexpr Schema kTemplateSpec = object(kTemplateSpecProperties);
constexpr Property kTemplateProperties[] = {{"spec", &kTemplateSpec}};
constexpr Schema kTemplate = object(kTemplateProperties);
constexpr Property kVmSpecProperties[] = {
    {"instancetype", &kInstanceType},
    {"runStrategy", &kKeptText},
    {"running", &kKeptFlag},
    {"template", &kTemplate},
};
constexpr Schema kVmSpec = object(kVmSpecProperties);

constexpr Property kVolumeStatusProperties[] = {
    {"enabled", &kKeptFlag},
    {"name", &kKeptText},
    {"reason", &kKeptText},
};
constexpr Schema kVolumeStatus = object(kVolumeStatusProperties);
constexpr Schema kVolumeStatuses = array(kVolumeStatus, Merge::kAtomic);
constexpr Property kVmStatusProperties[] = {
    {"conditions", &kConditionsSchema},
    {"printableStatus", &kKeptText},
    {"ready", &kKeptFlag},
    {"volumeSnapshotStatuses", &kVolumeStatuses},
};
constexpr Schema kVmStatus = object(kVmStatusProperties);

constexpr Property kVmProperties[] = {
    {"apiVersion", &kKeptText}, {"kind", &kKeptText},   {"metadata", &kVmMetadata},
    {"spec", &kVmSpec},         {"status", &kVmStatus},
};
constexpr Schema kVmSchema = object(kVmProperties);

// VirtualMachineRestore. Its managedFields would show the patches: they are a set, whose elements
// stand there as keys.

constexpr Property kRestoreMetadataProperties[] = {
    {"annotations", &kAllButCopies},
    {"creationTimestamp", &kKeptTime},
    {"deletionGracePeriodSeconds", &kKeptNumber},
    {"deletionTimestamp", &kKeptTime},
    {"finalizers", &kFinalizersSchema},
    {"generateName", &kKeptText},
    {"generation", &kKeptNumber},
    {"labels", &kLabels},
    {"name", &kKeptText},
    {"namespace", &kKeptText},
    {"ownerReferences", &kOwnersSchema},
    {"resourceVersion", &kKeptText},
    {"uid", &kKeptText},
};
constexpr Schema kRestoreMetadata = object(kRestoreMetadataProperties);

// Its labels and annotations are for the claims that it makes.
constexpr Property kOverrideProperties[] = {{"restoreName", &kKeptText},
                                            {"volumeName", &kKeptText}};
constexpr Schema kOverride = object(kOverrideProperties);
constexpr Schema kOverrides = array(kOverride, Merge::kAtomic);
constexpr Property kRestoreSpecProperties[] = {
    {"target", &kSourceSchema},
    {"targetReadinessPolicy", &kKeptText},
    {"virtualMachineSnapshotName", &kKeptText},
    {"volumeOwnershipPolicy", &kKeptText},
    {"volumeRestoreOverrides", &kOverrides},
    {"volumeRestorePolicy", &kKeptText},
};
constexpr Schema kRestoreSpec = object(kRestoreSpecProperties);

constexpr Property kRestoredProperties[] = {
    {"dataVolumeName", &kKeptText},
    {"persistentVolumeClaim", &kKeptText},
    {"volumeName", &kKeptText},
    {"volumeSnapshotName", &kKeptText},
};
constexpr Schema kRestored = object(kRestoredProperties);
constexpr Schema kRestores = array(kRestored, Merge::kAtomic);
constexpr Property kRestoreStatusProperties[] = {
    {"complete", &kKeptFlag},
    {"conditions", &kConditionsSchema},
    {"deletedDataVolumes", &kKeptTexts},
    {"restoreTime", &kKeptTime},
    {"restores", &kRestores},
};
constexpr Schema kRestoreStatus = object(kRestoreStatusProperties);

constexpr Property kRestoreProperties[] = {
    {"apiVersion", &kKeptText}, {"kind", &kKeptText},        {"metadata", &kRestoreMetadata},
    {"spec", &kRestoreSpec},    {"status", &kRestoreStatus},
};
constexpr Schema kRestoreSchema = object(kRestoreProperties);

// VirtualMachineSnapshotContent

constexpr Property kContentMetadataProperties[] = {
    {"creationTimestamp", &kKeptTime}, {"deletionTimestamp", &kKeptTime}, {"name", &kKeptText},
    {"namespace", &kKeptText},         {"resourceVersion", &kKeptText},   {"uid", &kKeptText},
};
constexpr Schema kContentMetadata = object(kContentMetadataProperties);

constexpr Property kRequestsProperties[] = {{"storage", &kKeptText}};
constexpr Schema kRequests = object(kRequestsProperties);
constexpr Property kResourcesProperties[] = {{"requests", &kRequests}};
constexpr Schema kResources = object(kResourcesProperties);
constexpr Property kClaimSpecProperties[] = {{"resources", &kResources}};
constexpr Schema kClaimSpec = object(kClaimSpecProperties);
constexpr Property kClaimObjectProperties[] = {{"metadata", &kNameOnly}, {"spec", &kClaimSpec}};
constexpr Schema kClaimObject = object(kClaimObjectProperties);
constexpr Property kBackupProperties[] = {
    {"persistentVolumeClaim", &kClaimObject},
    {"volumeName", &kKeptText},
    {"volumeSnapshotName", &kKeptText},
};
constexpr Schema kBackup = object(kBackupProperties);
constexpr Schema kBackups = array(kBackup, Merge::kAtomic);
constexpr Property kContentSpecProperties[] = {{"virtualMachineSnapshotName", &kKeptText},
                                               {"volumeBackups", &kBackups}};
constexpr Schema kContentSpec = object(kContentSpecProperties);

constexpr Property kContentStatusProperties[] = {
    {"creationTime", &kKeptTime},
    {"error", &kErrorSchema},
    {"readyToUse", &kKeptFlag},
};
constexpr Schema kContentStatus = object(kContentStatusProperties);

constexpr Property kContentProperties[] = {
    {"apiVersion", &kKeptText}, {"kind", &kKeptText},        {"metadata", &kContentMetadata},
    {"spec", &kContentSpec},    {"status", &kContentStatus},
};
constexpr Schema kContentSchema = object(kContentProperties);

static_assert(sorted(kVmMetadataProperties) && sorted(kInstanceTypeProperties) &&
              sorted(kVolumeProperties) && sorted(kVmSpecProperties) &&
              sorted(kVolumeStatusProperties) && sorted(kVmStatusProperties) &&
              sorted(kVmProperties) && sorted(kRestoreMetadataProperties) &&
              sorted(kOverrideProperties) && sorted(kRestoreSpecProperties) &&
              sorted(kRestoredProperties) && sorted(kRestoreStatusProperties) &&
              sorted(kRestoreProperties) && sorted(kContentMetadataProperties) &&
              sorted(kClaimObjectProperties) && sorted(kBackupProperties) &&
              sorted(kContentSpecProperties) && sorted(kContentStatusProperties) &&
              sorted(kContentProperties));

constexpr std::string_view kVmVersions[] = {kVmApiVersion, "kubevirt.io/v1alpha3"};
constexpr std::string_view kSnapshotVersions[] = {kStoredApiVersion, kOldApiVersion};

}  // namespace

constexpr KeptKind kKeptVirtualMachine{Kind::kVirtualMachine, kVmKind, kVmVersions, kVmSchema};
constexpr KeptKind kKeptRestore{Kind::kRestore, kRestoreKind, kSnapshotVersions, kRestoreSchema,
                                true};
constexpr KeptKind kKeptContent{Kind::kContent, kContentKind, kSnapshotVersions, kContentSchema};

const KeptKind* find_kept_kind(std::string_view kind) {
    for (const KeptKind* kept : {&kKeptVirtualMachine, &kKeptRestore, &kKeptContent})
        if (kept->kind == kind) return kept;
    return nullptr;
}

}  // namespace snapgate::model

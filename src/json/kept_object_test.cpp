// Of virtual machines, restores and contents only named parts are kept.

#include "json/kept_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "json/object.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

using base::Code;
using ::testing::HasSubstr;
using ::testing::Not;

// Stands in every place of which nothing may be kept.
constexpr std::string_view kSecret = "hunter2";

constexpr std::string_view kVm = R"({
 "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
 "metadata": {"name": "web-1", "namespace": "shop", "uid": "u-1", "resourceVersion": "17",
  "creationTimestamp": "2026-01-02T03:04:05Z", "generation": 3,
  "labels": {"app": "web"},
  "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2",
                  "snapgate.io/protection": "ignore", "other": "hunter2"},
  "managedFields": [{"manager": "hunter2", "fieldsV1": {"f:spec": {"hunter2": {}}}}],
  "finalizers": ["kubevirt.io/virtualMachineControllerFinalize"]},
 "spec": {"runStrategy": "Always", "instancetype": {"kind": "x", "name": "u1.small", "revisionName": "hunter2"},
  "dataVolumeTemplates": [{"spec": {"source": {"http": {"url": "https://u:hunter2@h"}}}}],
  "template": {"metadata": {"annotations": {"a": "hunter2"}},
   "spec": {"accessCredentials": [{"sshPublicKey": "hunter2"}],
    "volumes": [{"name": "root", "dataVolume": {"name": "web-1-root", "hotpluggable": true}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "web-1-data"}},
                {"name": "init", "cloudInitNoCloud": {"userData": "hunter2"}}]}}},
 "status": {"printableStatus": "Running", "ready": true, "created": true,
  "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": null, "unknown": "hunter2"}],
  "volumeSnapshotStatuses": [{"name": "init", "enabled": false, "reason": "not supported"}],
  "interfaces": [{"ip": "hunter2"}]}})";

TEST(KeptObject, OfAVirtualMachineItsPartsAreKept) {
    const auto prepared = prepare_virtual_machine(kVm);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(
        prepared->text,
        R"({"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"annotations":)"
        R"({"snapgate.io/protection":"ignore"},"creationTimestamp":"2026-01-02T03:04:05Z",)"
        R"("labels":{"app":"web"},"name":"web-1","namespace":"shop","resourceVersion":"",)"
        R"("uid":"u-1"},"spec":{"instancetype":{"kind":"x","name":"u1.small"},)"
        R"("runStrategy":"Always","template":{"spec":{"volumes":[{"dataVolume":)"
        R"({"name":"web-1-root"},"name":"root"},{"name":"data","persistentVolumeClaim":)"
        R"({"claimName":"web-1-data"}},{"name":"init"}]}}},"status":{"conditions":)"
        R"([{"status":"True","type":"Ready"}],"printableStatus":"Running","ready":true,)"
        R"("volumeSnapshotStatuses":[{"enabled":false,"name":"init","reason":"not supported"}]}})");
    EXPECT_EQ(prepared->ns, "shop");
    EXPECT_EQ(prepared->name, "web-1");
    EXPECT_EQ(prepared->uid, "u-1");
    EXPECT_EQ(prepared->version, "17");
    EXPECT_EQ(prepared->text.substr(prepared->version_offset - 1, 3), R"("",)");
}

TEST(KeptObject, ItsIdentityIsFoundAgainWhenItIsStored) {
    const auto prepared = prepare_virtual_machine(kVm);
    ASSERT_TRUE(prepared);
    const std::string value = model::encode_object(*prepared, prepared->version);
    const auto stored = model::decode_object(value);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->version, "17");
    EXPECT_EQ(read_uid(*stored), "u-1");
    EXPECT_TRUE(model::same_but_version(*stored, *prepared));
}

TEST(KeptObject, OfTheSecretsOfARestoreNothingIsKept) {
    const auto prepared = prepare_restore(R"({
 "apiVersion": "snapshot.kubevirt.io/v1alpha1", "kind": "VirtualMachineRestore",
 "metadata": {"name": "r", "namespace": "shop", "uid": "u-2", "resourceVersion": "18",
  "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "who": "me"},
  "managedFields": [{"fieldsV1": {"f:spec": {"f:patches": {"v:\"hunter2\"": {}}}}}]},
 "spec": {"patches": ["hunter2", "hunter2"], "virtualMachineSnapshotName": "s",
  "target": {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "web-1"},
  "volumeRestoreOverrides": [{"volumeName": "root", "annotations": {"a": "hunter2"}}]},
 "status": {"complete": true, "restoreTime": "2026-01-02T03:04:05Z", "deletedDataVolumes": ["d"],
  "restores": [{"volumeName": "root", "persistentVolumeClaim": "c"}]}})");
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(
        prepared->text,
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineRestore",)"
        R"("metadata":{"annotations":{"snapgate.io/patches":"2","who":"me"},"name":"r",)"
        R"("namespace":"shop","resourceVersion":"","uid":"u-2"},"spec":{"target":)"
        R"({"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"web-1"},)"
        R"("virtualMachineSnapshotName":"s","volumeRestoreOverrides":[{"volumeName":"root"}]},)"
        R"("status":{"complete":true,"deletedDataVolumes":["d"],)"
        R"("restoreTime":"2026-01-02T03:04:05Z",)"
        R"("restores":[{"persistentVolumeClaim":"c","volumeName":"root"}]}})");
}

TEST(KeptObject, TheNumberOfPatchesStandsInAnAnnotationOfItsOwn) {
    const auto text_of = [](std::string_view metadata, std::string_view spec) {
        auto prepared = prepare_restore(
            R"({"metadata":{"name":"r","namespace":"n","uid":"u","resourceVersion":"1")" +
            std::string(metadata) + R"(},"spec":{)" + std::string(spec) + "}}");
        EXPECT_TRUE(prepared) << prepared.error().message;
        return prepared->text;
    };
    EXPECT_THAT(text_of("", R"("patches":["a"])"),
                HasSubstr(R"("metadata":{"annotations":{"snapgate.io/patches":"1"},"name")"));
    // Another snapgate, which this one follows, has counted them.
    EXPECT_THAT(text_of(R"(,"annotations":{"snapgate.io/patches":"5"})", ""),
                HasSubstr(R"({"snapgate.io/patches":"5"})"));
    EXPECT_THAT(text_of(R"(,"annotations":{"snapgate.io/patches":"5"})", R"("patches":["a"])"),
                HasSubstr(R"({"snapgate.io/patches":"1"})"));
    EXPECT_THAT(text_of(R"(,"annotations":"no map")", R"("patches":["a"])"),
                HasSubstr(R"("annotations":{"snapgate.io/patches":"1"})"));
    EXPECT_THAT(text_of("", R"("patches":[])"), Not(HasSubstr("annotations")));
}

TEST(KeptObject, OfAContentItsNamesErrorAndSizesAreKept) {
    const auto prepared = prepare_content(R"({
 "apiVersion": "snapshot.kubevirt.io/v1beta1", "kind": "VirtualMachineSnapshotContent",
 "metadata": {"name": "vmsnapshot-content-u", "namespace": "shop", "uid": "u-3", "resourceVersion": "19",
  "annotations": {"a": "hunter2"}, "labels": {"a": "hunter2"}},
 "spec": {"virtualMachineSnapshotName": "s",
  "source": {"virtualMachine": {"spec": {"template": {"spec": {"userData": "hunter2"}}}}},
  "volumeBackups": [{"volumeName": "root", "volumeSnapshotName": "vs",
   "persistentVolumeClaim": {"metadata": {"name": "web-1-root", "annotations": {"a": "hunter2"}},
    "spec": {"storageClassName": "x", "resources": {"requests": {"storage": "30Gi", "cpu": "1"}}}}}]},
 "status": {"readyToUse": false, "creationTime": null, "error": {"message": "no class", "time": "2026-01-02T03:04:05Z"},
  "volumeSnapshotStatus": [{"error": {"message": "hunter2"}}]}})");
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(prepared->text,
              R"({"apiVersion":"snapshot.kubevirt.io/v1beta1",)"
              R"("kind":"VirtualMachineSnapshotContent","metadata":{"name":"vmsnapshot-content-u",)"
              R"("namespace":"shop","resourceVersion":"","uid":"u-3"},"spec":)"
              R"({"virtualMachineSnapshotName":"s","volumeBackups":[{"persistentVolumeClaim":)"
              R"({"metadata":{"name":"web-1-root"},"spec":{"resources":{"requests":)"
              R"({"storage":"30Gi"}}}},"volumeName":"root","volumeSnapshotName":"vs"}]},)"
              R"("status":{"error":{"message":"no class","time":"2026-01-02T03:04:05Z"},)"
              R"("readyToUse":false}})");
}

// Puts `planted` in the place of each value, one after another, and calls `check` with the text.
template <class Check>
void plant_everywhere(Value& root, Value& at, const Value& planted, const Check& check) {
    const Value before = at;
    at = planted;
    check(json::serialize(root));
    at = before;
    if (at.is_object()) {
        for (auto& member : at.get_object()) plant_everywhere(root, member.value(), planted, check);
    }
    if (at.is_array()) {
        for (Value& element : at.get_array()) plant_everywhere(root, element, planted, check);
    }
}

// Where a text is kept, an object or a list is not, whatever it holds.
TEST(KeptObject, WhatHasAnotherTypeThanItsFieldIsDropped) {
    auto parsed = parse(kVm);
    ASSERT_TRUE(parsed);
    Value root = *parsed;
    size_t kept = 0;
    for (const Value& planted : {Value(Object{{"userData", Object{{"x", kSecret}}}}),
                                 Value(Array{Object{{"userData", kSecret}}}), Value(Array{kSecret}),
                                 Value(Array{Array{kSecret}}), Value(nullptr), Value(7)}) {
        plant_everywhere(root, root, planted, [&](const std::string& text) {
            const auto prepared = prepare_virtual_machine(text);
            if (!prepared) return;
            ++kept;
            EXPECT_THAT(prepared->text, Not(HasSubstr(std::string(kSecret)))) << text;
            EXPECT_TRUE(parse(prepared->text)) << prepared->text;
        });
    }
    EXPECT_GT(kept, 100U);
}

TEST(KeptObject, WhatCannotBeKeptIsRefusedAndNamed) {
    const auto message = [](std::string_view json) {
        const auto prepared = prepare_virtual_machine(json);
        EXPECT_FALSE(prepared);
        if (prepared) return std::string();
        EXPECT_EQ(prepared.error().code, Code::kInvalidBody);
        return prepared.error().message;
    };
    EXPECT_THAT(message("[]"), HasSubstr("must be a JSON object"));
    EXPECT_THAT(message(R"({"kind":"Pod"})"), HasSubstr("kind must be VirtualMachine"));
    EXPECT_THAT(message(R"({"apiVersion":"v1"})"), HasSubstr("apiVersion must be"));
    EXPECT_THAT(message("{}"), HasSubstr("metadata.name is missing"));
    EXPECT_THAT(message(R"({"metadata":{"name":"A b","namespace":"n"}})"),
                HasSubstr("metadata.name is none that can be kept"));
    EXPECT_THAT(message(R"({"metadata":{"name":"a","name":1,"namespace":"n"}})"),
                HasSubstr("metadata.name is missing"));
    EXPECT_THAT(message(R"({"metadata":{"name":"a","namespace":"n","uid":"u"}})"),
                HasSubstr("metadata.resourceVersion is missing"));
}

}  // namespace
}  // namespace snapgate::json

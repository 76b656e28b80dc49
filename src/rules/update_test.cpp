#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/decode.h"
#include "rules/snapshot_texts_testing.h"

namespace snapgate::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Effect = Change::Effect;

Effect effect(const json::Object& live, const json::Object& object, const Target& target = kMain) {
    auto change = updated(live, object, target);
    EXPECT_TRUE(change) << change.error().message;
    return change ? change->effect : Effect::kRemove;
}

TEST(Update, KeepsTheVersionIfNothingChanges) {
    json::Object live = stored(R"(,"labels":{"a":"1"})");
    EXPECT_EQ(effect(live, live), Effect::kNone);
    EXPECT_EQ(effect(live, live, kStatus), Effect::kNone);
    EXPECT_EQ(effect(live, stored(R"(,"labels":{"a":"1"},"annotations":{},"finalizers":null)")),
              Effect::kNone);
    json::Object older = live;
    older.at("metadata").get_object()["generation"] = 5;
    older.at("metadata").get_object()["creationTimestamp"] = "2020-01-01T00:00:00Z";
    EXPECT_EQ(effect(live, older), Effect::kNone);
    EXPECT_EQ(effect(live, stored(R"(,"labels":{"a":"1"})", "", R"(,"status":{"phase":"x"})")),
              Effect::kNone);
    EXPECT_EQ(effect(live, stored(R"(,"labels":{"a":"2"})")), Effect::kStore);
    EXPECT_EQ(effect(live, stored(R"(,"labels":{"a":"2"})"), kStatus), Effect::kNone);
}

TEST(Update, LooksAtTheVersion) {
    auto version = [](std::string_view metadata, bool patch = false) {
        json::Object object = stored();
        erase(object.at("metadata").get_object(), "resourceVersion");
        json::Object more = object_of("{" + std::string(metadata) + "}");
        for (const auto& member : more)
            object.at("metadata").get_object()[member.key()] = member.value();
        Writer by = writer();
        by.patch = patch;
        return error_of(updated(stored(), object, kMain, by));
    };
    EXPECT_EQ(version(R"("resourceVersion":"8")").code, base::Code::kConflict);
    EXPECT_EQ(version(R"("resourceVersion":"007")").message.substr(0, 12), "it was taken");
    for (std::string_view none : {R"("resourceVersion":"")", R"("resourceVersion":"0")", ""})
        EXPECT_THAT(version(none).message,
                    HasSubstr("metadata.resourceVersion: Invalid value: 0x0: must be specified"));
    EXPECT_THAT(version(R"("resourceVersion":"x")").message,
                HasSubstr("\"x\": must be a version that the server gave"));
    // A uid is looked at first; of a patched object it is a field like others.
    EXPECT_THAT(version(R"("uid":"u9","resourceVersion":"8")").message,
                HasSubstr("UID in precondition: u9, UID in object meta: u1"));
    EXPECT_THAT(version(R"("uid":"u9","resourceVersion":"7")", true).message,
                HasSubstr("metadata.uid: Invalid value: \"u9\": field is immutable"));
    EXPECT_THAT(version(R"("resourceVersion":null)", true).message, HasSubstr("must be specified"));
}

TEST(Update, RefusesWhatCannotChange) {
    auto causes = [](const json::Object& live, const json::Object& object) {
        return causes_of(error_of(updated(live, object)));
    };
    EXPECT_THAT(causes(stored(), stored("", R"(,"deletionPolicy":"Retain")")),
                ElementsAre("FieldValueInvalid spec: spec in immutable after creation"));
    EXPECT_THAT(causes(stored(), stored(R"(,"deletionTimestamp":"2026-01-03T00:00:00Z")")),
                testing::Contains(HasSubstr("metadata.deletionTimestamp: Invalid value: ")));
    std::string deleting =
        R"(,"deletionTimestamp":"2026-01-02T00:00:00Z","deletionGracePeriodSeconds":0)";
    EXPECT_THAT(causes(stored(deleting + R"(,"finalizers":["a/b"])"),
                       stored(R"(,"finalizers":["a/b","c/d"])")),
                testing::Contains(
                    HasSubstr("metadata.finalizers: Forbidden: no new finalizers can be added if "
                              "the object is being deleted, found new finalizers "
                              "[]string{\"c/d\"}")));
    EXPECT_THAT(causes(stored(deleting + R"(,"finalizers":["a/b"])"),
                       stored(R"(,"finalizers":["a/b"],"deletionGracePeriodSeconds":5)")),
                testing::Contains(HasSubstr("metadata.deletionGracePeriodSeconds: Invalid value: "
                                            "5: field is immutable")));
    json::Object other = stored();
    other["kind"] = "VirtualMachineRestore";
    EXPECT_THAT(error_of(updated(stored(), other)).message,
                HasSubstr("VirtualMachineRestore.snapshot.kubevirt.io \"s1\" is invalid: kind: "));
    json::Object unnamed = stored();
    erase(unnamed.at("metadata").get_object(), "name");
    EXPECT_EQ(error_of(updated(stored(), unnamed)).message,
              "the name of the object (s1 based on URL) was undeterminable: name must be provided");
    json::Object elsewhere = stored();
    elsewhere.at("metadata").get_object()["namespace"] = "x";
    EXPECT_THAT(error_of(updated(stored(), elsewhere)).message,
                HasSubstr("does not match the namespace sent on the request"));
}

TEST(Update, RemovesWhatNoFinalizerHolds) {
    json::Object live =
        stored(R"(,"deletionTimestamp":"2026-01-02T00:00:00Z","deletionGracePeriodSeconds":0)"
               R"(,"finalizers":["a/b","c/d"])");
    EXPECT_EQ(effect(live, stored(R"(,"finalizers":["a/b"])")), Effect::kStore);
    EXPECT_EQ(effect(live, stored()), Effect::kRemove);
    EXPECT_EQ(effect(live, stored(), kStatus), Effect::kNone);
    // A list that was emptied before any deletion removes nothing.
    EXPECT_EQ(effect(stored(R"(,"finalizers":["a/b"])"), stored()), Effect::kStore);
}

TEST(Update, ChangesTheStatusAloneOnStatus) {
    json::Object live = stored(R"(,"labels":{"a":"1"})", R"(,"deletionPolicy":"Delete")");
    auto change = updated(live,
                          stored(R"(,"labels":{"b":"1"})", R"(,"deletionPolicy":"Retain")",
                                 R"(,"status":{"phase":"InProgress","creationTime":null,)"
                                 R"("error":null,"conditions":[{"type":"Ready","status":"True",)"
                                 R"("lastProbeTime":null,"message":null}]})"),
                          kStatus);
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_EQ(change->effect, Effect::kStore);
    // Nulls stay where the CRD allows them.
    EXPECT_EQ(json::Value(change->object),
              json::Value(stored(R"(,"labels":{"a":"1"})", R"(,"deletionPolicy":"Delete")",
                                 R"(,"status":{"phase":"InProgress","creationTime":null,)"
                                 R"("conditions":[{"type":"Ready","status":"True",)"
                                 R"("lastProbeTime":null}]})")));
    auto gone = updated(change->object, stored(), kStatus);
    ASSERT_TRUE(gone);
    EXPECT_EQ(find(gone->object, "status"), nullptr);
}

TEST(Update, HoldsTheStatusToItsSchema) {
    auto causes = [](std::string_view status) {
        return causes_of(error_of(
            updated(stored(), stored("", "", ",\"status\":" + std::string(status)), kStatus)));
    };
    EXPECT_THAT(causes(R"({"creationTime":"today"})"),
                ElementsAre("FieldValueTypeInvalid status.creationTime: Invalid value: \"today\": "
                            "status.creationTime in body must be of type date-time: \"today\""));
    EXPECT_THAT(causes(R"({"creationTime":5,"readyToUse":"yes"})"),
                ElementsAre("FieldValueTypeInvalid status.creationTime: Invalid value: \"int64\": "
                            "status.creationTime in body must be of type date-time: \"int64\"",
                            "FieldValueTypeInvalid status.readyToUse: Invalid value: \"string\": "
                            "status.readyToUse in body must be of type boolean: \"string\""));
    EXPECT_THAT(causes(R"({"conditions":[{"type":"a","status":"b"},{"reason":"x"},null]})"),
                ElementsAre("FieldValueRequired status.conditions[1].status: Required value",
                            "FieldValueRequired status.conditions[1].type: Required value",
                            "FieldValueTypeInvalid status.conditions[2]: Invalid value: \"null\": "
                            "status.conditions[2] in body must be of type object: \"null\""));
    EXPECT_THAT(causes(R"({"indications":["a","b","a"]})"),
                ElementsAre("FieldValueDuplicate status.indications[2]: Duplicate value: \"a\""));
    EXPECT_THAT(causes(R"({"snapshotVolumes":{"includedVolumes":["x","x"]}})"),
                ElementsAre("FieldValueDuplicate status.snapshotVolumes.includedVolumes[1]: "
                            "Duplicate value: \"x\""));
    // What was so before may stay so.
    json::Object live = stored("", "", R"(,"status":{"indications":["a","a"]})");
    EXPECT_EQ(
        effect(live, stored("", "", R"(,"status":{"indications":["a","a"],"phase":"x"})"), kStatus),
        Effect::kStore);
}

// A newer KubeVirt's, kept from an import: no write through an older schema loses them.
TEST(Update, KeepsFieldsThatItDoesNotKnow) {
    json::Object live = stored(R"(,"newMeta":1)", R"(,"newSpec":{"a":[1]},"failureDeadline":null)",
                               R"(,"newTop":true,"status":{"newStatus":"x","phase":"InProgress"})");
    auto same = updated(live, live);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->effect, Effect::kNone);
    EXPECT_THAT(same->warnings, IsEmpty());

    auto labelled = updated(live, stored(R"(,"labels":{"a":"1"},"newMeta":2)"));
    ASSERT_TRUE(labelled) << labelled.error().message;
    EXPECT_THAT(labelled->warnings, ElementsAre("unknown field \"metadata.newMeta\""));
    json::Object expected = live;
    expected.at("metadata").get_object()["labels"] = object_of(R"({"a":"1"})");
    EXPECT_EQ(json::Value(labelled->object), json::Value(expected))
        << json::serialize(labelled->object);

    auto status = updated(live, stored("", "", R"(,"status":{"phase":"Succeeded"})"), kStatus);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(status->object.at("status"),
              *json::parse(R"({"newStatus":"x","phase":"Succeeded"})"));
    EXPECT_EQ(status->object.at("spec"), live.at("spec"));
}

// Whatever an import brought: what was read can be written back.
TEST(Update, DoesNothingWithWhatWasRead) {
    std::string owner =
        R"({"apiVersion":"v1","kind":"Pod","name":"p","uid":"1","newOwner":{"a":1},)"
        R"("controller":null})";
    for (const std::string& metadata :
         {std::string(R"(,"managedFields":[{"manager":"x"}])"),
          std::string(R"(,"managedFields":[{"manager":"x","operation":"Update","apiVersion":"v1",)"
                      R"("fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"x":{}}},"time":null}])"),
          std::string(R"(,"managedFields":[{"manager":"x","operation":"Update","apiVersion":"v1",)"
                      R"("fieldsType":"FieldsV1","fieldsV1":{},"newEntry":1}])"),
          ",\"ownerReferences\":[" + owner + "]", std::string(R"(,"generateName":"")")}) {
        json::Object live =
            stored(metadata, "",
                   R"(,"status":{"conditions":[{"type":"a","status":"b","newCondition":1}]})");
        for (const Target& target : {kMain, kStatus}) {
            auto same = updated(live, live, target, writer(FieldValidation::kStrict));
            ASSERT_TRUE(same) << metadata << ": " << same.error().message;
            EXPECT_EQ(same->effect, Effect::kNone) << metadata;
            EXPECT_EQ(json::Value(same->object), json::Value(live));
            EXPECT_THAT(same->warnings, IsEmpty());
        }
    }
    json::Object live = stored(R"(,"managedFields":[{"manager":"x"}])");
    EXPECT_EQ(effect(live, stored()), Effect::kNone);
    EXPECT_EQ(effect(live, stored(R"(,"managedFields":[])")), Effect::kStore);
}

TEST(Update, KeepsWhatItDoesNotKnowOfAnOwner) {
    json::Object live = stored(
        R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"1","new":1},)"
        R"({"apiVersion":"v1","kind":"Pod","name":"q","uid":"2","new":2}])");
    // An older client's: another order, another owner, and without what it does not know.
    auto change = updated(
        live,
        stored(R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"q2","uid":"2"},)"
               R"({"apiVersion":"v1","kind":"Pod","name":"r","uid":"3","new":3}])"));
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_THAT(change->warnings, ElementsAre("unknown field \"metadata.ownerReferences[1].new\""));
    EXPECT_EQ(change->object.at("metadata").get_object().at("ownerReferences"),
              *json::parse(R"([{"apiVersion":"v1","kind":"Pod","name":"q2","uid":"2","new":2},)"
                           R"({"apiVersion":"v1","kind":"Pod","name":"r","uid":"3"}])"));
}

TEST(Update, TellsAPatchsFaultsWith422) {
    json::Object live = stored();
    Writer by = writer(FieldValidation::kStrict);
    by.patch = true;
    auto patched = [&](std::string_view patch) {
        auto body = patched_body(live, PatchType::kMerge, patch);
        EXPECT_TRUE(body);
        return error_of(update(live, std::move(*body), kMain, by));
    };
    base::Error unknown = patched(R"({"spec":{"colour":"red"}})");
    EXPECT_EQ(unknown.code, base::Code::kInvalid);
    EXPECT_THAT(unknown.message, HasSubstr(" \"\" is invalid: patch: Invalid value: \"{"));
    EXPECT_THAT(unknown.message, HasSubstr("strict decoding error: unknown field \"spec.colour\""));
    ASSERT_EQ(unknown.causes.size(), 1U);
    EXPECT_EQ(unknown.causes[0].field, "patch");
    base::Error type = patched(R"({"metadata":{"labels":7}})");
    EXPECT_EQ(type.code, base::Code::kInvalid);
    EXPECT_THAT(type.message, HasSubstr("json: cannot unmarshal number into Go struct field"));
    EXPECT_EQ(patched(R"({"apiVersion":"snapshot.kubevirt.io/v2"})").code, base::Code::kInvalid);
    EXPECT_EQ(patched(R"({"metadata":{"name":"s2"}})").message,
              "the name of the object (s2) does not match the name on the URL (s1)");
    EXPECT_THAT(causes_of(patched(R"({"spec":{"source":{"name":"vm-2"}}})")),
                ElementsAre("FieldValueInvalid spec: spec in immutable after creation"));
}

TEST(Update, WritesThroughTheOldVersion) {
    json::Object live = stored();
    json::Object object = stored(R"(,"labels":{"a":"1"})");
    object["apiVersion"] = "snapshot.kubevirt.io/v1alpha1";
    Writer by = writer();
    by.version = "v1alpha1";
    json::Object entry = object_of(
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","fieldsType":"FieldsV1","fieldsV1":)"
        R"({"f:spec":{".":{},"f:source":{}}},"manager":"test","operation":"Update"})");
    live.at("metadata").get_object()["managedFields"] = json::Array{entry};
    auto change = updated(live, object, kMain, by);
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_EQ(change->object.at("apiVersion"), "snapshot.kubevirt.io/v1beta1");
    const json::Array& entries =
        *find_array(change->object.at("metadata").get_object(), "managedFields");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].get_object().at("apiVersion"), "snapshot.kubevirt.io/v1alpha1");
    by.version = "v1beta1";
    EXPECT_THAT(error_of(updated(live, object, kMain, by)).message,
                HasSubstr("the API version in the data (snapshot.kubevirt.io/v1alpha1) does not "
                          "match the expected API version (snapshot.kubevirt.io/v1beta1)"));
}

}  // namespace
}  // namespace snapgate::rules

#include "json/snapshot_rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/snapshot_texts_testing.h"

namespace snapgate::json {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(PrepareSnapshot, RefusesKnownFieldsOfAWrongType) {
    EXPECT_THAT(refused("{}"), wrong_body("kind", "missing"));
    EXPECT_THAT(refused(R"({"kind":7})"), wrong_body("kind", "a string"));
    EXPECT_THAT(refused(R"({"kind":"VirtualMachineSnapshot"})"),
                wrong_body("apiVersion", "missing"));
    EXPECT_THAT(refused(R"({"kind":"VirtualMachineSnapshot","apiVersion":"v1"})"),
                wrong_body("apiVersion", "\"v1\""));
    struct Case {
        std::string json;
        std::string_view path;
    };
    auto status = [](std::string_view text) {
        return snapshot({}, {}, ",\"status\":" + std::string(text));
    };
    const Case cases[] = {
        {snapshot({}, {}, R"(,"metadata":[])"), "metadata"},
        {snapshot({}, {}, R"(,"spec":1)"), "spec"},
        {snapshot(R"(,"name":1)"), "metadata.name"},
        {snapshot(R"(,"uid":{})"), "metadata.uid"},
        {snapshot(R"(,"resourceVersion":77)"), "metadata.resourceVersion"},
        {snapshot(R"(,"generation":"1")"), "metadata.generation"},
        {snapshot(R"(,"generation":1.5)"), "metadata.generation"},
        {snapshot(R"(,"generation":18446744073709551615)"), "metadata.generation"},
        {snapshot(R"(,"creationTimestamp":1)"), "metadata.creationTimestamp"},
        {snapshot(R"(,"labels":{"a":true})"), "metadata.labels.a"},
        {snapshot(R"(,"annotations":[])"), "metadata.annotations"},
        {snapshot(R"(,"finalizers":["a",null])"), "metadata.finalizers[1]"},
        {snapshot(R"(,"ownerReferences":[[]])"), "metadata.ownerReferences[0]"},
        {snapshot(R"(,"ownerReferences":[{"controller":"yes"}])"),
         "metadata.ownerReferences[0].controller"},
        {snapshot(R"(,"managedFields":[{},{"fieldsV1":"x"}])"),
         "metadata.managedFields[1].fieldsV1"},
        {snapshot({}, R"(,"failureDeadline":5)"), "spec.failureDeadline"},
        {snapshot({}, R"(,"source":"web-01")"), "spec.source"},
        {status("[]"), "status"},
        {status(R"({"readyToUse":"true"})"), "status.readyToUse"},
        {status(R"({"conditions":[{"type":"a","status":"b"},{"message":1}]})"),
         "status.conditions[1].message"},
        {status(R"({"conditions":[null]})"), "status.conditions[0]"},
        {status(R"({"error":{"message":[]}})"), "status.error.message"},
        {status(R"({"indications":[1]})"), "status.indications[0]"},
        {status(R"({"snapshotVolumes":{"includedVolumes":"x"}})"),
         "status.snapshotVolumes.includedVolumes"},
        {status(R"({"sourceIndications":[{"indication":{}}]})"),
         "status.sourceIndications[0].indication"},
    };
    for (const Case& test : cases)
        EXPECT_THAT(refused(test.json), wrong_body(test.path, " must be ")) << test.json;
}

TEST(PrepareSnapshot, HoldsMetadataToKubernetesRules) {
    EXPECT_THAT(refused(snapshot(R"(,"name":null)")),
                has_cause("FieldValueRequired", "metadata.name", "Required value"));
    auto bad_name = refused(snapshot(R"(,"name":"Bad_Name")"));
    EXPECT_THAT(bad_name, has_cause("FieldValueInvalid", "metadata.name",
                                    "Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain"));
    EXPECT_THAT(bad_name.message,
                HasSubstr("VirtualMachineSnapshot.snapshot.kubevirt.io \"Bad_Name\" is invalid: "
                          "metadata.name: Invalid value: \"Bad_Name\": "));
    EXPECT_EQ(bad_name.subject, "metadata.name");
    EXPECT_THAT(refused(snapshot(",\"name\":\"" + std::string(254, 'a') + "\"")),
                has_cause("FieldValueInvalid", "metadata.name", "no more than 253"));
    EXPECT_THAT(refused(snapshot(R"(,"generateName":"-x")")),
                has_cause("FieldValueInvalid", "metadata.generateName", "subdomain"));
    EXPECT_TRUE(prepare_snapshot(snapshot(R"(,"generateName":"nightly-")"), kFill));
    EXPECT_THAT(refused(snapshot(R"(,"namespace":"a.b")")),
                has_cause("FieldValueInvalid", "metadata.namespace", "RFC 1123 label"));
    EXPECT_THAT(
        refused(snapshot(R"(,"labels":{"a b":"x"})")),
        has_cause("FieldValueInvalid", "metadata.labels", "\"a b\": name part must consist"));
    EXPECT_THAT(refused(snapshot(R"(,"labels":{"A/b":"x"})")),
                has_cause("FieldValueInvalid", "metadata.labels", "prefix part a lowercase"));
    EXPECT_THAT(
        refused(snapshot(R"(,"labels":{"/":"x"})")),
        AllOf(has_cause("FieldValueInvalid", "metadata.labels", "prefix part must be non-empty"),
              has_cause("FieldValueInvalid", "metadata.labels", "name part must be non-empty")));
    EXPECT_THAT(refused(snapshot(R"(,"labels":{"a/b/c":"x"})")),
                has_cause("FieldValueInvalid", "metadata.labels", "a qualified name"));
    EXPECT_THAT(refused(snapshot(R"(,"labels":{"a":"x y"})")),
                has_cause("FieldValueInvalid", "metadata.labels", "a valid label must"));
    EXPECT_TRUE(
        prepare_snapshot(snapshot(R"(,"annotations":{"Example.Com/A":"any \n value"})"), kFill));
    EXPECT_THAT(refused(snapshot(R"(,"annotations":{"a b":""})")),
                has_cause("FieldValueInvalid", "metadata.annotations", "name part"));
    std::string large = R"(,"annotations":{"a":")" + std::string(256 << 10, 'x') + "\"}";
    EXPECT_THAT(refused(snapshot(large)),
                has_cause("FieldValueTooLong", "metadata.annotations", "262144 bytes"));
    EXPECT_THAT(refused(snapshot(R"(,"finalizers":["a b"])")),
                has_cause("FieldValueInvalid", "metadata.finalizers", "name part"));
    EXPECT_THAT(refused(snapshot(R"(,"finalizers":["orphan","foregroundDeletion"])")),
                has_cause("FieldValueInvalid", "metadata.finalizers", "cannot be both set"));
    EXPECT_THAT(
        refused(snapshot(R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p"}])")),
        has_cause("FieldValueInvalid", "metadata.ownerReferences.uid",
                  "Invalid value: \"\": uid must not be empty"));
    std::string owner =
        R"({"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true})";
    EXPECT_TRUE(prepare_snapshot(snapshot(",\"ownerReferences\":[" + owner + "]"), kFill));
    EXPECT_THAT(refused(snapshot(",\"ownerReferences\":[" + owner + "," + owner + "]")),
                has_cause("FieldValueInvalid", "metadata.ownerReferences", "Only one reference"));
    EXPECT_THAT(refused(snapshot(",\"resourceVersion\":\"" + std::string(129, '1') + "\"")),
                has_cause("FieldValueInvalid", "metadata.resourceVersion", "128"));
    EXPECT_THAT(refused(snapshot(R"(,"resourceVersion":"1\"")")),
                has_cause("FieldValueInvalid", "metadata.resourceVersion", "quotes"));
    EXPECT_THAT(refused(snapshot(R"(,"creationTimestamp":"yesterday")")),
                has_cause("FieldValueTypeInvalid", "metadata.creationTimestamp", "date-time"));
    EXPECT_THAT(refused(snapshot(R"(,"deletionTimestamp":"2026-02-30T00:00:00Z")")),
                has_cause("FieldValueTypeInvalid", "metadata.deletionTimestamp", "date-time"));
}

TEST(PrepareSnapshot, HoldsTheSpecToKubeVirtsRules) {
    EXPECT_THAT(refused(snapshot({}, {}, R"(,"spec":null)")),
                has_cause("FieldValueRequired", "spec", "Required value"));
    EXPECT_THAT(refused(snapshot({}, {}, R"(,"spec":{})")),
                has_cause("FieldValueRequired", "spec.source", "Required value"));
    EXPECT_THAT(refused(snapshot({}, R"(,"source":{"apiGroup":"kubevirt.io"})")),
                AllOf(has_cause("FieldValueRequired", "spec.source.kind", "Required value"),
                      has_cause("FieldValueRequired", "spec.source.name", "Required value")));
    EXPECT_THAT(refused(snapshot({}, R"(,"source":{"kind":"VirtualMachine","name":"v"})")),
                has_cause("FieldValueNotFound", "spec.source.apiGroup", "missing apigroup"));
    EXPECT_THAT(
        refused(snapshot({}, R"(,"source":{"apiGroup":"x","kind":"VirtualMachine","name":"v"})")),
        has_cause("FieldValueInvalid", "spec.source.apiGroup", "invalid apiGroup"));
    EXPECT_THAT(
        refused(snapshot({}, R"(,"source":{"apiGroup":"kubevirt.io","kind":"Pod","name":"v"})")),
        has_cause("FieldValueInvalid", "spec.source.kind", "invalid kind"));
    EXPECT_THAT(
        refused(snapshot(
            {}, R"(,"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":""})")),
        has_cause("FieldValueRequired", "spec.source.name", "Required value"));
    for (std::string_view good : {"5m0s", "0", "0s", "1h30m", "1.5s", "-2ms", "3us", "3µs", ".5h"})
        EXPECT_TRUE(prepare_snapshot(
            snapshot({}, ",\"failureDeadline\":\"" + std::string(good) + "\""), kFill))
            << good;
    for (std::string_view bad : {"", "5", "5d", "m", "5 m", "1h-3m", ".s", "999999999999h", "--1s"})
        EXPECT_THAT(refused(snapshot({}, ",\"failureDeadline\":\"" + std::string(bad) + "\"")),
                    has_cause("FieldValueInvalid", "spec.failureDeadline", "duration"))
            << bad;
    EXPECT_THAT(refused(snapshot({}, {}, R"(,"status":{"conditions":[{"type":"Ready"}]})")),
                has_cause("FieldValueRequired", "status.conditions[0].status", "Required value"));
}

TEST(PrepareSnapshot, CutsWhatItShows) {
    std::string labels = R"(,"labels":{)";
    for (int i = 0; i < 1000; ++i) labels += fmt::format("\"bad {}\":\"\",", i);
    labels += "\"" + std::string(1'000'000, ' ') + "\":\"\"}";
    auto error = refused(snapshot(labels));
    EXPECT_EQ(error.code, base::Code::kInvalid);
    EXPECT_LE(error.causes.size(), 32);
    EXPECT_LT(error.message.size(), 32 * 1000);
}

}  // namespace
}  // namespace snapgate::json

#include "rules/import_rules.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "json/snapshot_texts_testing.h"

namespace snapgate::rules {
namespace {

using json::kFill;
using json::snapshot;
using ::testing::AllOf;
using ::testing::HasSubstr;

base::Error refused(std::string_view text) {
    auto prepared = prepare_import(text, kFill);
    if (prepared) return {base::Code::kInternal, "was taken: " + prepared->object.text};
    return prepared.error();
}

MATCHER_P3(has_cause, reason, field, message, "") {
    *result_listener << arg.message;
    if (arg.code != base::Code::kInvalid) return false;
    for (const base::Cause& cause : arg.causes)
        if (cause.reason == reason && cause.field == field &&
            cause.message.find(message) != std::string::npos)
            return true;
    return false;
}

TEST(PrepareImport, HoldsMetadataToKubernetesRules) {
    EXPECT_THAT(refused(snapshot(R"(,"name":null)")),
                has_cause("FieldValueRequired", "metadata.name", "name is required"));
    EXPECT_THAT(refused(snapshot(R"(,"name":null,"generateName":"nightly-")")),
                has_cause("FieldValueRequired", "metadata.name", "name is required"));
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
    EXPECT_TRUE(prepare_import(snapshot(R"(,"generateName":"nightly-")"), kFill));
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
        prepare_import(snapshot(R"(,"annotations":{"Example.Com/A":"any \n value"})"), kFill));
    EXPECT_THAT(refused(snapshot(R"(,"annotations":{"a b":""})")),
                has_cause("FieldValueInvalid", "metadata.annotations", "name part"));
    std::string large = R"(,"annotations":{"a":")" + std::string(256 << 10, 'x') + "\"}";
    EXPECT_THAT(refused(snapshot(large)),
                has_cause("FieldValueTooLong", "metadata.annotations", "262144 bytes"));
    EXPECT_THAT(refused(snapshot(R"(,"finalizers":["a b"])")),
                has_cause("FieldValueInvalid", "metadata.finalizers", "name part"));
    EXPECT_THAT(refused(snapshot(R"(,"finalizers":["orphan","foregroundDeletion"])")),
                has_cause("FieldValueInvalid", "metadata.finalizers",
                          "Invalid value: []string{\"orphan\", \"foregroundDeletion\"}: finalizer "
                          "orphan and foregroundDeletion cannot be both set"));
    EXPECT_THAT(
        refused(snapshot(R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p"}])")),
        has_cause("FieldValueInvalid", "metadata.ownerReferences.uid",
                  "Invalid value: \"\": uid must not be empty"));
    std::string owner =
        R"({"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true})";
    EXPECT_TRUE(prepare_import(snapshot(",\"ownerReferences\":[" + owner + "]"), kFill));
    EXPECT_THAT(refused(snapshot(",\"ownerReferences\":[" + owner + "," + owner + "]")),
                has_cause("FieldValueInvalid", "metadata.ownerReferences",
                          "Invalid value: 2 owners: Only one reference can have Controller set to "
                          "true. Found \"true\" in references for Pod/p and Pod/p"));
    EXPECT_THAT(refused(snapshot(R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Event",)"
                                 R"("name":"e","uid":"u"}])")),
                has_cause("FieldValueInvalid", "metadata.ownerReferences",
                          "/v1, Kind=Event is disallowed from being an owner"));
    EXPECT_THAT(refused(snapshot(R"(,"ownerReferences":[{"apiVersion":"a/b/c","kind":"Pod",)"
                                 R"("name":"p","uid":"u"}])")),
                has_cause("FieldValueInvalid", "metadata.ownerReferences.apiVersion",
                          "Invalid value: \"a/b/c\": version must not be empty"));
    EXPECT_THAT(refused(snapshot(",\"resourceVersion\":\"" + std::string(129, '1') + "\"")),
                has_cause("FieldValueInvalid", "metadata.resourceVersion", "128"));
    EXPECT_THAT(refused(snapshot(R"(,"resourceVersion":"1\"")")),
                has_cause("FieldValueInvalid", "metadata.resourceVersion", "quotes"));
    EXPECT_THAT(refused(snapshot(R"(,"creationTimestamp":"yesterday")")),
                has_cause("FieldValueTypeInvalid", "metadata.creationTimestamp", "date-time"));
    EXPECT_THAT(refused(snapshot(R"(,"deletionTimestamp":"2026-02-30T00:00:00Z")")),
                has_cause("FieldValueTypeInvalid", "metadata.deletionTimestamp", "date-time"));
}

TEST(PrepareImport, HoldsTheSpecToKubeVirtsRules) {
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
        EXPECT_TRUE(prepare_import(
            snapshot({}, ",\"failureDeadline\":\"" + std::string(good) + "\""), kFill))
            << good;
    for (std::string_view bad : {"", "5", "5d", "m", "5 m", "1h-3m", ".s", "999999999999h", "--1s"})
        EXPECT_THAT(refused(snapshot({}, ",\"failureDeadline\":\"" + std::string(bad) + "\"")),
                    has_cause("FieldValueInvalid", "spec.failureDeadline", "duration"))
            << bad;
    EXPECT_THAT(refused(snapshot({}, {}, R"(,"status":{"conditions":[{"type":"Ready"}]})")),
                has_cause("FieldValueRequired", "status.conditions[0].status", "Required value"));
}

TEST(PrepareImport, CutsWhatItShows) {
    std::string labels = R"(,"labels":{)";
    for (int i = 0; i < 1000; ++i) labels += fmt::format("\"bad {}\":\"\",", i);
    labels += "\"" + std::string(1'000'000, ' ') + "\":\"\"}";
    auto error = refused(snapshot(labels));
    EXPECT_EQ(error.code, base::Code::kInvalid);
    EXPECT_LE(error.causes.size(), 32);
    EXPECT_LT(error.message.size(), 32 * 1000);
}

// KubeVirt's webhook is asked last: it is shown no object that its CRD refuses.
TEST(PrepareImport, ListsFaultsInTheOrderOfTheApi) {
    const auto error =
        refused(snapshot(R"(,"labels":{"a b":"x"},"finalizers":["c d"],"uid":"u")",
                         R"(,"failureDeadline":"never")", R"(,"status":{"conditions":[{}]})"));
    std::vector<std::string> fields;
    std::ranges::transform(error.causes, std::back_inserter(fields), &base::Cause::field);
    EXPECT_THAT(fields,
                testing::ElementsAre("metadata.labels", "metadata.finalizers",
                                     "status.conditions[0].status", "status.conditions[0].type"));
    EXPECT_EQ(error.about->kind, "VirtualMachineSnapshot");
}

TEST(PrepareDumped, SaysWhatAnAnswerIsThatHoldsNoObjects) {
    const auto message_of = [](std::string_view text) {
        const auto dumped = prepare_dumped(text, kFill);
        EXPECT_FALSE(dumped) << text;
        return dumped ? std::string() : dumped.error().message;
    };
    for (const auto& [kind, what] :
         {std::pair("Table", "it is a Table: "),
          std::pair("PartialObjectMetadata", "it is the metadata of an object alone"),
          std::pair("PartialObjectMetadataList", "it is the metadata of an object alone"),
          std::pair("Status", "it is a Status: ")}) {
        const std::string text =
            fmt::format(R"({{"kind":"{}","apiVersion":"meta.k8s.io/v1","metadata":{{}}}})", kind);
        EXPECT_THAT(message_of(text), AllOf(HasSubstr(what), HasSubstr("kubectl get vmsnapshots")));
        EXPECT_EQ(too_large_in_dump(text.substr(0, text.size() - 3)), message_of(text));
    }
    EXPECT_THAT(message_of(R"({"kind":"Pod","apiVersion":"v1"})"), HasSubstr("kind must be"));
    EXPECT_EQ(too_large_in_dump(R"({"kind":"VirtualMachineSnapshot","spec":)"),
              json::too_large_message());
}

}  // namespace
}  // namespace snapgate::rules

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/snapshot_texts_testing.h"

namespace snapgate::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST(PrepareSnapshot, ShowsTheFactsToACheck) {
    static bool looked;
    looked = false;
    auto check = [](const model::SnapshotFacts& facts) -> base::Result<void> {
        looked = true;
        const model::MetadataFacts& metadata = facts.metadata;
        EXPECT_EQ(metadata.name, "s1");
        EXPECT_EQ(metadata.ns, "default");
        EXPECT_EQ(metadata.generate_name, "s-");
        EXPECT_EQ(metadata.version, "77");
        using Entry = model::MetadataFacts::Entry;
        EXPECT_THAT(metadata.labels, ElementsAre(Entry{"a", "3"}, Entry{"b", "2"}));
        EXPECT_THAT(metadata.annotations, ElementsAre(Entry{"x/y", "\n"}));
        EXPECT_THAT(metadata.finalizers, ElementsAre("f", "g"));
        EXPECT_EQ(metadata.owners.size(), 1);
        EXPECT_EQ(metadata.owners.at(0).api_version, "v2");
        EXPECT_EQ(metadata.owners.at(0).name, "");
        EXPECT_TRUE(metadata.owners.at(0).controller);
        EXPECT_TRUE(facts.has_source);
        EXPECT_EQ(facts.api_group, std::nullopt);
        EXPECT_EQ(facts.source_name, "");
        EXPECT_EQ(facts.failure_deadline, "5m");
        EXPECT_EQ(facts.schema_faults.size(), 2);
        EXPECT_EQ(facts.schema_faults.at(0).field, "metadata.deletionTimestamp");
        EXPECT_EQ(facts.schema_faults.at(0).text, "soon");
        EXPECT_EQ(facts.schema_faults.at(1).field, "spec.source.name");
        return base::Error{base::Code::kInvalid, "not that one"};
    };
    auto prepared = prepare_snapshot(
        R"({"apiVersion":"snapshot.kubevirt.io/v1alpha1","kind":"VirtualMachineSnapshot",)"
        R"("metadata":{"name":"s1","namespace":"","generateName":"s-","resourceVersion":"77",)"
        R"("labels":{"b":"2","a":"1","a":"3","c":null},"annotations":{"x/y":"\n"},)"
        R"("finalizers":["f","g"],"deletionTimestamp":"soon","ownerReferences":[{"name":null,)"
        R"("apiVersion":"v1","apiVersion":"v2","controller":true}]},)"
        R"("spec":{"failureDeadline":"5m","source":{"apiGroup":null,"kind":"VirtualMachine"}}})",
        kFill, check);
    EXPECT_TRUE(looked);
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().message, "not that one");
    // The next one finds nothing of it.
    auto empty = [](const model::SnapshotFacts& facts) -> base::Result<void> {
        EXPECT_THAT(facts.metadata.labels, IsEmpty());
        EXPECT_THAT(facts.metadata.annotations, IsEmpty());
        EXPECT_THAT(facts.metadata.finalizers, IsEmpty());
        EXPECT_THAT(facts.metadata.owners, IsEmpty());
        EXPECT_THAT(facts.schema_faults, IsEmpty());
        EXPECT_EQ(facts.failure_deadline, std::nullopt);
        return {};
    };
    EXPECT_TRUE(prepare_snapshot(snapshot(), kFill, empty));
}

}  // namespace
}  // namespace snapgate::json

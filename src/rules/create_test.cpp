#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "rules/decode.h"
#include "rules/snapshot_texts_testing.h"

namespace snapgate::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Create, PrunesAndSaysWhat) {
    json::Object object = snapshot(
        R"(,"x":1,"selfLink":"/x","clusterName":"c","labels":{"a":null},"annotations":{},)"
        R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"1","y":2}])",
        R"(,"colour":"red","deletionPolicy":null)", R"(,"top":{},"status":{"z":[]})");
    auto change = created(object);
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_THAT(change->warnings,
                ElementsAre("unknown field \"metadata.ownerReferences[0].y\"",
                            "unknown field \"metadata.x\"", "unknown field \"spec.colour\"",
                            "unknown field \"status.z\"", "unknown field \"top\""));
    erase(change->object.at("metadata").get_object(), "managedFields");
    EXPECT_EQ(json::Value(change->object),
              json::Value(object_of(
                  R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
                  R"("metadata":{"creationTimestamp":"2026-01-02T00:00:00Z","generation":1,)"
                  R"("name":"s1","namespace":"web","uid":"u2","ownerReferences":)"
                  R"([{"apiVersion":"v1","kind":"Pod","name":"p","uid":"1"}]},)"
                  R"("spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine",)"
                  R"("name":"vm-1"}}})")))
        << json::serialize(change->object);

    EXPECT_THAT(created(object, writer(FieldValidation::kIgnore))->warnings, IsEmpty());
    Body body{object, {"duplicate field \"spec.a\""}};
    auto strict = create(body, kNew, "u", writer(FieldValidation::kStrict));
    ASSERT_FALSE(strict);
    EXPECT_EQ(strict.error().code, base::Code::kInvalidBody);
    EXPECT_THAT(strict.error().message,
                HasSubstr("strict decoding error: duplicate field \"spec.a\", unknown field "
                          "\"metadata.ownerReferences[0].y\", unknown field \"metadata.x\""));
}

TEST(Create, BoundsItsWarnings) {
    std::string spec;
    for (int i = 0; i < 5000; ++i)
        spec += ",\"" + std::string(200, 'x') + std::to_string(i) + "\":1";
    auto change = created(snapshot("", spec));
    ASSERT_TRUE(change);
    size_t bytes = 0;
    for (const std::string& warning : change->warnings) bytes += warning.size();
    EXPECT_GT(bytes, 1000U);
    EXPECT_LE(bytes, 4096U);
    EXPECT_LT(
        error_of(created(snapshot("", spec), writer(FieldValidation::kStrict))).message.size(),
        10000U);
}

TEST(Create, RefusesMetadataOfTheWrongType) {
    struct Case {
        std::string_view metadata;
        std::string_view what;
    };
    const Case cases[] = {
        {R"(,"labels":{"a":1})",
         "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"},
        {R"(,"labels":[])",
         "json: cannot unmarshal array into Go struct field ObjectMeta.labels of type "
         "map[string]string"},
        {R"(,"finalizers":[true])",
         "json: cannot unmarshal bool into Go struct field ObjectMeta.finalizers of type string"},
        {R"(,"generation":"1")",
         "json: cannot unmarshal string into Go struct field ObjectMeta.generation of type int64"},
        {R"(,"generation":1.5)",
         "json: cannot unmarshal number 1.5E0 into Go struct field ObjectMeta.generation of type "
         "int64"},
        {R"(,"uid":{})",
         "json: cannot unmarshal object into Go struct field ObjectMeta.uid of type types.UID"},
        {R"(,"ownerReferences":[{"uid":1}])",
         "json: cannot unmarshal number into Go struct field OwnerReference.ownerReferences.uid of "
         "type types.UID"},
        {R"(,"deletionTimestamp":"soon")",
         "parsing time \"soon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"soon\" as a time"},
    };
    for (const Case& test : cases) {
        base::Error error = error_of(created(snapshot(test.metadata)));
        EXPECT_EQ(error.code, base::Code::kInvalidBody) << test.metadata;
        EXPECT_EQ(error.message,
                  "VirtualMachineSnapshot in version \"v1beta1\" cannot be handled as a "
                  "VirtualMachineSnapshot: " +
                      std::string(test.what));
    }
    json::Object object = snapshot();
    object["metadata"] = "x";
    EXPECT_THAT(error_of(created(object)).message,
                HasSubstr("json: cannot unmarshal string into Go value of type v1.ObjectMeta"));
}

TEST(Create, ListsWhatBreaksTheSchema) {
    struct Case {
        std::string_view spec;
        std::vector<std::string> causes;
    };
    const Case cases[] = {
        {R"("source":{"apiGroup":"kubevirt.io"})",
         {"FieldValueRequired spec.source.kind: Required value",
          "FieldValueRequired spec.source.name: Required value"}},
        {R"("source":{"kind":1,"name":true},"deletionPolicy":[],"failureDeadline":{})",
         {"FieldValueTypeInvalid spec.deletionPolicy: Invalid value: \"array\": "
          "spec.deletionPolicy in body must be of type string: \"array\"",
          "FieldValueTypeInvalid spec.failureDeadline: Invalid value: \"object\": "
          "spec.failureDeadline in body must be of type string: \"object\"",
          "FieldValueTypeInvalid spec.source.kind: Invalid value: \"integer\": spec.source.kind in "
          "body must be of type string: \"integer\"",
          "FieldValueTypeInvalid spec.source.name: Invalid value: \"boolean\": spec.source.name in "
          "body must be of type string: \"boolean\""}},
        {R"("source":null)", {"FieldValueRequired spec.source: Required value"}},
        {R"("source":1.5)",
         {"FieldValueTypeInvalid spec.source: Invalid value: \"number\": spec.source in body must "
          "be of type object: \"number\""}},
    };
    for (const Case& test : cases) {
        json::Object object = snapshot();
        object["spec"] = object_of("{" + std::string(test.spec) + "}");
        base::Error error = error_of(created(object));
        EXPECT_EQ(causes_of(error), test.causes);
        EXPECT_EQ(error.message.find("is invalid: [") != std::string::npos, test.causes.size() > 1);
    }
}

TEST(Create, HoldsTheSourceToKubeVirtsRules) {
    auto causes = [](std::string_view source, std::string_view spec = {}) {
        json::Object object = snapshot("", spec);
        object["spec"].get_object()["source"] = object_of(source);
        return causes_of(error_of(created(object)));
    };
    EXPECT_THAT(causes(R"({"kind":"VirtualMachine","name":"v"})"),
                ElementsAre("FieldValueNotFound spec.source.apiGroup: missing apigroup"));
    EXPECT_THAT(causes(R"({"apiGroup":"x","kind":"Pod","name":"v"})"),
                ElementsAre("FieldValueInvalid spec.source.apiGroup: invalid apiGroup"));
    EXPECT_THAT(causes(R"({"apiGroup":"kubevirt.io","kind":"Pod","name":"v"})"),
                ElementsAre("FieldValueInvalid spec.source.kind: invalid kind"));
    EXPECT_THAT(causes(R"({"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":""})"),
                ElementsAre("FieldValueRequired spec.source.name: Required value"));
    EXPECT_THAT(causes(R"({"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"v"})",
                       R"(,"failureDeadline":"soon")"),
                ElementsAre(HasSubstr("spec.failureDeadline: Invalid value: \"soon\"")));
}

TEST(Create, HoldsMetadataToKubernetesRules) {
    auto causes = [](std::string_view metadata) {
        return causes_of(error_of(created(snapshot(metadata))));
    };
    EXPECT_THAT(causes(R"(,"generateName":"A")"),
                ElementsAre(HasSubstr("metadata.generateName: Invalid value: \"A\": a lowercase")));
    EXPECT_THAT(causes(R"(,"labels":{"a b":"x y"})"),
                ElementsAre(HasSubstr("metadata.labels: Invalid value: \"a b\": name part must"),
                            HasSubstr("metadata.labels: Invalid value: \"x y\": a valid label")));
    EXPECT_THAT(causes(R"(,"annotations":{"A b":"any"})"),
                ElementsAre(HasSubstr("metadata.annotations: Invalid value: \"A b\": name part")));
    EXPECT_TRUE(created(snapshot(R"(,"annotations":{"Ab/C":"any \n"})")));
    EXPECT_THAT(causes(R"(,"annotations":{"a":")" + std::string(262144, 'x') + "\"}"),
                ElementsAre("FieldValueTooLong metadata.annotations: Too long: must have at most "
                            "262144 bytes"));
    EXPECT_THAT(causes(R"(,"finalizers":["a b",null])"),
                ElementsAre(HasSubstr("\"a b\": name part"), HasSubstr("must be non-empty"),
                            HasSubstr("name part must consist")));
    EXPECT_THAT(causes(R"(,"finalizers":["orphan","foregroundDeletion"])"),
                ElementsAre("FieldValueInvalid metadata.finalizers: Invalid value: "
                            "[]string{\"orphan\", \"foregroundDeletion\"}: finalizer orphan and "
                            "foregroundDeletion cannot be both set"));
    EXPECT_THAT(causes(R"(,"ownerReferences":[{"apiVersion":"a/b/c"}])"),
                ElementsAre(HasSubstr("\"a/b/c\": version must not be empty"),
                            HasSubstr("kind must not be empty"), HasSubstr("name must not be"),
                            HasSubstr("uid must not be empty")));
    EXPECT_THAT(
        causes(R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Event","name":"e","uid":"1"}])"),
        ElementsAre(HasSubstr("/v1, Kind=Event is disallowed from being an owner")));
    std::string two;
    for (std::string_view uid : {"1", "2"})
        two += std::string(two.empty() ? "" : ",") +
               R"({"apiVersion":"v1","kind":"Pod","name":"p)" + std::string(uid) +
               R"(","controller":true,"uid":")" + std::string(uid) + "\"}";
    EXPECT_THAT(causes(",\"ownerReferences\":[" + two + "]"),
                ElementsAre(HasSubstr("Only one reference can have Controller set to true. Found "
                                      "\"true\" in references for Pod/p1 and Pod/p2")));
}

TEST(Create, DropsOwnersThatAreThereTwice) {
    std::string owner = R"({"apiVersion":"v1","kind":"Pod","name":"p","uid":"1"})";
    auto change =
        created(snapshot(",\"ownerReferences\":[" + owner + "," + owner + "," + owner + "]"));
    ASSERT_TRUE(change);
    EXPECT_EQ(find_array(change->object.at("metadata").get_object(), "ownerReferences")->size(),
              1U);
    EXPECT_THAT(change->warnings,
                ElementsAre(HasSubstr(".metadata.ownerReferences contains duplicate entries")));
}

TEST(Create, LeavesAGeneratedNameToTheCaller) {
    json::Object object = snapshot(R"(,"generateName":"nightly-")");
    erase(object.at("metadata").get_object(), "name");
    auto change = created(object);
    ASSERT_TRUE(change);
    const json::Object& metadata = change->object.at("metadata").get_object();
    EXPECT_EQ(find(metadata, "name"), nullptr);
    give_name(change->object, "nightly-x");
    EXPECT_EQ(find_text(change->object.at("metadata").get_object(), "name"), "nightly-x");

    std::set<std::string> names;
    for (int i = 0; i < 100; ++i) {
        std::string name = generated_name("nightly-");
        EXPECT_EQ(name.size(), 13U);
        EXPECT_TRUE(name.starts_with("nightly-"));
        EXPECT_EQ(name.find_first_not_of("bcdfghjklmnpqrstvwxz2456789", 8), std::string::npos);
        names.insert(name);
    }
    EXPECT_GT(names.size(), 95U);
    EXPECT_EQ(generated_name(std::string(300, 'a')).size(), 63U);
}

TEST(Create, TakesManagersThatABodyBrings) {
    // Of an export, say: what is there now belongs to who creates it.
    auto change = created(
        snapshot(R"(,"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1","manager":"old",)"
                 R"("operation":"Update","fieldsV1":{"f:spec":{"f:source":{}},"f:metadata":)"
                 R"({"f:labels":{"f:gone":{}}}}}])"));
    ASSERT_TRUE(change);
    const json::Array& entries =
        *find_array(change->object.at("metadata").get_object(), "managedFields");
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].get_object().at("fieldsV1"),
              *json::parse(R"({"f:metadata":{"f:labels":{"f:gone":{}}}})"));
    EXPECT_EQ(entries[1].get_object().at("fieldsV1"),
              *json::parse(R"({"f:spec":{".":{},"f:source":{}}})"));
    // Which of its own a client names does not matter.
    EXPECT_EQ(find_array(
                  created(snapshot(R"(,"managedFields":[{}])"))->object.at("metadata").get_object(),
                  "managedFields")
                  ->size(),
              1U);
}

TEST(Create, NamesTheFieldOfTheWrongType) {
    auto field = [](std::string_view metadata) {
        return error_of(created(snapshot(metadata))).subject;
    };
    json::Object named = snapshot();
    named.at("metadata").get_object()["name"] = 5;
    EXPECT_EQ(error_of(created(named)).subject, "metadata.name");
    named["metadata"] = "x";
    EXPECT_EQ(error_of(created(named)).subject, "metadata");
    EXPECT_EQ(field(R"(,"labels":{"a":1})"), "metadata.labels.a");
    EXPECT_EQ(field(R"(,"ownerReferences":[{"uid":"1"},{"uid":1}])"),
              "metadata.ownerReferences[1].uid");
    EXPECT_EQ(field(R"(,"deletionTimestamp":"soon")"), "metadata.deletionTimestamp");
    EXPECT_EQ(field(",\"labels\":{\"" + std::string(300, 'a') + "\":1}").size(), 256U);
    auto type = decode_object(R"({"kind":1})", Media::kJson, "VirtualMachineSnapshot");
    ASSERT_FALSE(type);
    EXPECT_EQ(type.error().subject, "kind");
    auto ns = create_namespace({object_of(R"({"apiVersion":"v1","kind":"Namespace",)"
                                          R"("metadata":{"name":5}})"),
                                {}},
                               "u", writer());
    EXPECT_EQ(error_of(ns).subject, "metadata.name");
}

TEST(CreateNamespace, MakesItActive) {
    auto body = decode_object(
        R"({"metadata":{"generateName":"a-","namespace":"x","labels":{"l":"1"},"y":1},)"
        R"("spec":{"finalizers":["kubernetes"],"z":1},"status":{"phase":"Terminating"}})",
        Media::kJson, "Namespace");
    ASSERT_TRUE(body);
    auto change = create_namespace(*body, "u3", writer());
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_THAT(change->warnings,
                ElementsAre("unknown field \"metadata.y\"", "unknown field \"spec.z\""));
    give_name(change->object, "a-1");
    erase(change->object.at("metadata").get_object(), "managedFields");
    EXPECT_EQ(json::Value(change->object),
              json::Value(object_of(
                  R"({"apiVersion":"v1","kind":"Namespace","metadata":{"creationTimestamp":)"
                  R"("2026-01-02T00:00:00Z","generateName":"a-","labels":{"l":"1",)"
                  R"("kubernetes.io/metadata.name":"a-1"},"name":"a-1","uid":"u3"},)"
                  R"("spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})")));
}

TEST(CreateNamespace, DropsFinalizersThatNobodyCouldTakeAway) {
    auto create = [](std::string_view finalizers) {
        json::Object body =
            object_of(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}})");
        body.at("metadata").get_object()["finalizers"] = *json::parse(finalizers);
        return create_namespace({body, {}}, "u", writer());
    };
    auto change = create(R"(["example.com/hold"])");
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_THAT(change->warnings, ElementsAre(HasSubstr("\"metadata.finalizers\" is not kept")));
    const json::Object& metadata = change->object.at("metadata").get_object();
    EXPECT_EQ(find(metadata, "finalizers"), nullptr);
    EXPECT_THAT(json::serialize(metadata.at("managedFields")),
                testing::Not(HasSubstr("finalizers")));
    EXPECT_THAT(create("[]")->warnings, testing::IsEmpty());
    EXPECT_THAT(error_of(create(R"(["a b"])")).message, HasSubstr("metadata.finalizers"));
}

TEST(CreateNamespace, RefusesOthers) {
    auto refused = [](std::string_view text) {
        return error_of(create_namespace({object_of(text), {}}, "u", writer())).message;
    };
    EXPECT_THAT(refused(R"({"apiVersion":"v1","kind":"Pod"})"),
                HasSubstr("Pod in version \"v1\" cannot be handled as a Namespace"));
    EXPECT_THAT(refused(R"({"apiVersion":"v2","kind":"Namespace"})"),
                HasSubstr("Namespace in version \"v2\" cannot be handled as a Namespace"));
    EXPECT_EQ(refused(R"({"apiVersion":"v1","kind":"Namespace"})"),
              "Namespace \"\" is invalid: metadata.name: Required value: name or generateName is "
              "required");
    EXPECT_THAT(refused(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a.b"}})"),
                HasSubstr("a lowercase RFC 1123 label"));
    EXPECT_EQ(refused(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a",)"
                      R"("resourceVersion":"1"}})"),
              "resourceVersion should not be set on objects to be created");
}

}  // namespace
}  // namespace snapgate::rules

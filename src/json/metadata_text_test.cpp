#include "json/metadata_text.h"

#include <gtest/gtest.h>

#include <string>

#include "json/object.h"
#include "json/object_view.h"

namespace snapgate::json {
namespace {

using base::Code;

constexpr std::string_view kManaged =
    R"({"manager":"kubectl","operation":"Update","apiVersion":"snapshot.kubevirt.io/v1beta1",)"
    R"("time":"2026-11-04T14:19:06Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:a":{}}}})";

// An object as its cluster shows it, with these members of its metadata besides.
std::string object(std::string_view members) {
    return R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)"
           R"("metadata":{"name":"a","namespace":"ns","uid":"u","resourceVersion":"7")" +
           std::string(members) + R"(},"spec":{"source":{"name":"vm"}},"status":null})";
}

std::string text_of(std::string_view json) {
    auto text = metadata_text(json);
    EXPECT_TRUE(text) << text.error().message;
    return text ? *text : "";
}

TEST(MetadataText, FormMakesNoDifference) {
    const std::string managed(kManaged);
    const std::string plain = object(R"(,"generation":1,"labels":{"a":"<1>","b":"2"},)"
                                     R"("managedFields":[)" +
                                     managed + "]");
    const std::string other =
        R"({"kind":"PartialObjectMetadata","metadata":{"managedFields":[{"time":)"
        R"("2026-11-04T14:19:06Z","operation":"Update","manager":"kubectl","subresource":"",)"
        R"("fieldsType":"FieldsV1","apiVersion":"snapshot.kubevirt.io/v1beta1"}],)"
        R"("creationTimestamp":null,"annotations":{},"labels":{"b":"2","a":"\u003c1\u003e"},)"
        R"("finalizers":[],"generateName":"","generation":1,"selfLink":"/x"}})";
    EXPECT_EQ(text_of(plain), text_of(other));
}

TEST(MetadataText, WhoItIsMakesNone) {
    EXPECT_EQ(text_of(object("")), text_of(R"({"metadata":{}})"));
}

TEST(MetadataText, WhatAWriteLeavesDoes) {
    const std::string before =
        text_of(object(R"(,"generation":1,"managedFields":[)" + std::string(kManaged) + "]"));
    std::string later(kManaged);
    later.replace(later.find(":06Z"), 4, ":07Z");
    for (const std::string& changed :
         {R"(,"generation":2,"managedFields":[)" + std::string(kManaged) + "]",
          R"(,"generation":1,"managedFields":[)" + later + "]", std::string(R"(,"generation":1)"),
          R"(,"generation":1,"labels":{"a":"b"},"managedFields":[)" + std::string(kManaged) + "]",
          R"(,"generation":1,"deletionTimestamp":"x","managedFields":[)" + std::string(kManaged) +
              "]"})
        EXPECT_NE(text_of(object(changed)), before) << changed;
    EXPECT_NE(text_of(object(R"(,"finalizers":["a","b"])")),
              text_of(object(R"(,"finalizers":["b","a"])")));
    EXPECT_NE(text_of(object(R"(,"labels":{"a":"1"})")),
              text_of(object(R"(,"annotations":{"a":"1"})")));
}

// A mirror compares what it stored with what the cluster shows of the metadata alone.
TEST(MetadataText, OfAStoredObjectAndOfItsMetadataAloneItIsTheSame) {
    const std::string shown =
        object(R"(,"labels":{"z":"1","a":"\u00fc"},"creationTimestamp":"2026-11-04T14:19:06Z",)"
               R"("ownerReferences":[{"uid":"o","kind":"K","name":"n","apiVersion":"v1"}],)"
               R"("annotations":{"b":"\"&\" \\","a":null},"managedFields":[)" +
               std::string(kManaged) + "]");
    const auto prepared = prepare_mirrored_snapshot(shown);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const std::string value = model::encode_object(*prepared, prepared->version);
    const auto stored = model::decode_object(value);
    ASSERT_TRUE(stored);
    ObjectView view;
    ASSERT_TRUE(view.read(*stored, {}));
    std::string alone = R"({"kind":"PartialObjectMetadata","metadata":)";
    ASSERT_TRUE(view.append_metadata(alone));
    alone += "}";
    EXPECT_EQ(text_of(stored->text), text_of(shown));
    EXPECT_EQ(text_of(alone), text_of(shown));
}

TEST(MetadataText, OfAKeyGivenTwiceTheLastCounts) {
    const std::string last = text_of(object(R"(,"labels":{"a":"2"})"));
    EXPECT_EQ(text_of(object(R"(,"labels":{"a":"1"},"labels":{"a":"1","a":"2"})")), last);
    EXPECT_EQ(text_of(R"({"metadata":{"labels":{"a":"1"}},"metadata":{"labels":{"a":"2"}}})"),
              last);
    // Also where the last one is empty.
    EXPECT_EQ(text_of(object(R"(,"labels":{"a":"1"},"labels":{})")), text_of(object("")));
    EXPECT_EQ(text_of(object(R"(,"labels":{"a":"1","a":""})")),
              text_of(object(R"(,"labels":{"a":""})")));
}

TEST(MetadataText, WithoutMetadataThereIsNone) {
    for (const std::string_view text :
         {"", "[]", "{}", R"({"metadata":null})", R"({"metadata":[]})", R"({"metadata":{)"})
        EXPECT_EQ(metadata_text(text).error().code, Code::kInvalidBody) << text;
}

TEST(MetadataText, NestedTooDeepIsAnError) {
    const auto nested = [](size_t levels) {
        return object(R"(,"annotations":{"a":)" + std::string(levels, '[') + "1" +
                      std::string(levels, ']') + "}");
    };
    EXPECT_TRUE(metadata_text(nested(50)));
    EXPECT_EQ(metadata_text(nested(70)).error().code, Code::kInvalidBody);
    EXPECT_EQ(text_of(object("")), text_of(object(R"(,"labels":{})")));
}

}  // namespace
}  // namespace snapgate::json

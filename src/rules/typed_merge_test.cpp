#include "rules/typed_merge.h"

#include <gtest/gtest.h>

#include <string>

#include "rules/go_json.h"
#include "rules/owned_fields.h"
#include "rules/snapshot_texts_testing.h"

namespace snapgate::rules {
namespace {

std::string text(const json::Object& object) {
    std::string out;
    append_go_json(object, out);
    return out;
}

std::string merged(std::string_view live, std::string_view applied) {
    json::Object object = object_of(live);
    merge_typed(object, object_of(applied), model::kSnapshotSchema);
    return text(object);
}

std::string finalizers(std::string_view live, std::string_view applied) {
    const std::string head = R"({"metadata":{"finalizers":)";
    return merged(head + std::string(live) + "}}", head + std::string(applied) + "}}")
        .substr(head.size());
}

TEST(TypedMerge, GoesIntoObjects) {
    EXPECT_EQ(merged(R"({"metadata":{"labels":{"a":"1","b":"1"}}})",
                     R"({"metadata":{"labels":{"b":"2","c":"2"}}})"),
              R"({"metadata":{"labels":{"a":"1","b":"2","c":"2"}}})");
    EXPECT_EQ(merged(R"({"spec":{"source":{"name":"a","kind":"K"}}})",
                     R"({"spec":{"source":{"name":"b"}}})"),
              R"({"spec":{"source":{"name":"b"}}})");
    // An empty object or a null sets nothing where something is.
    for (std::string_view none : {"{}", "null"})
        EXPECT_EQ(merged(R"({"metadata":{"labels":{"a":"1"}}})",
                         R"({"metadata":{"labels":)" + std::string(none) + "}}"),
                  R"({"metadata":{"labels":{"a":"1"}}})");
    EXPECT_EQ(merged(R"({"metadata":{"labels":null}})", R"({"metadata":{"labels":{}}})"),
              R"({"metadata":{"labels":{}}})");
    EXPECT_EQ(merged(R"({"status":{"conditions":[{"type":"a"}]}})",
                     R"({"status":{"conditions":[{"type":"b"}]}})"),
              R"({"status":{"conditions":[{"type":"b"}]}})");
    // What is not of its schema's type, from an import, gives way; what is unknown stays.
    EXPECT_EQ(merged(R"({"spec":3,"x":1})", R"({"spec":{"deletionPolicy":"a"},"y":1})"),
              R"({"spec":{"deletionPolicy":"a"},"x":1})");
}

TEST(TypedMerge, OrdersLists) {
    EXPECT_EQ(finalizers(R"(["a","b","c"])", R"(["b"])"), R"(["a","b","c"]}})");
    EXPECT_EQ(finalizers(R"(["a","b"])", R"(["c"])"), R"(["a","b","c"]}})");
    EXPECT_EQ(finalizers(R"(["a","b","c"])", R"(["c","a"])"), R"(["b","c","a"]}})");
    EXPECT_EQ(finalizers(R"(["a","b","c","d"])", R"(["x","c","y","b"])"),
              R"(["a","x","c","d","y","b"]}})");
    EXPECT_EQ(finalizers(R"(["a"])", R"([])"), R"(["a"]}})");
    EXPECT_EQ(finalizers("null", R"(["a"])"), R"(["a"]}})");
    // A list from an import that has an element twice keeps both, unless it is applied.
    EXPECT_EQ(finalizers(R"(["a","a","b"])", R"(["b","c"])"), R"(["a","a","b","c"]}})");
    EXPECT_EQ(finalizers(R"(["a","b","a"])", R"(["a"])"), R"(["a","b"]}})");
}

TEST(OwnedFields, AreLeavesAndElements) {
    auto owned = [](std::string_view object) {
        std::string out;
        append_go_json(owned_fields(object_of(object), model::kSnapshotSchema).write(), out);
        return out;
    };
    EXPECT_EQ(owned(R"({"metadata":{"labels":{"a":"1"},"finalizers":["x"]},"x":1})"),
              R"({"f:metadata":{"f:finalizers":{"v:\"x\"":{}},"f:labels":{"f:a":{}}}})");
    EXPECT_EQ(owned(R"({"metadata":{"ownerReferences":[{"uid":"1","name":"n"}]}})"),
              R"({"f:metadata":{"f:ownerReferences":{"k:{\"uid\":\"1\"}":{}}}})");
    EXPECT_EQ(owned(R"({"spec":{"source":{}},"status":{"conditions":[],"error":{}}})"),
              R"({"f:spec":{"f:source":{}},"f:status":{"f:conditions":{},"f:error":{}}})");
    // An empty list of parts has no owner, a null and an empty object have one.
    EXPECT_EQ(owned(R"({"metadata":{"finalizers":[],"labels":{},"annotations":null}})"),
              R"({"f:metadata":{"f:annotations":{},"f:labels":{}}})");
}

TEST(OwnedFields, AreRemovedWithWhatIsBelow) {
    auto left = [](std::string_view object, std::string_view fields) {
        json::Object from = object_of(object);
        auto set = FieldSet::read(object_of(fields));
        EXPECT_TRUE(set);
        remove_fields(from, *set, model::kSnapshotSchema);
        return text(from);
    };
    const std::string_view object =
        R"({"metadata":{"finalizers":["x","y"],"labels":{"a":"1"}},"spec":{"source":{"name":"n"}}})";
    EXPECT_EQ(
        left(object, R"({"f:metadata":{"f:finalizers":{"v:\"x\"":{}}}})"),
        R"({"metadata":{"finalizers":["y"],"labels":{"a":"1"}},"spec":{"source":{"name":"n"}}})");
    EXPECT_EQ(left(object, R"({"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:source":{}}})"),
              R"({"metadata":{"finalizers":["x","y"],"labels":null},"spec":null})");
    EXPECT_EQ(left(object, R"({"f:metadata":{".":{},"f:labels":{}}})"),
              R"({"spec":{"source":{"name":"n"}}})");
}

}  // namespace
}  // namespace snapgate::rules

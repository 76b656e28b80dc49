#include "rules/field_changes.h"

#include <gtest/gtest.h>

#include <string_view>

namespace snapgate::rules {
namespace {

json::Object object(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? value->get_object() : json::Object();
}

TEST(FieldChanges, AreFoundByTheSchema) {
    struct Case {
        std::string_view before;
        std::string_view after;
        std::string_view added;
        std::string_view modified;
        std::string_view removed;
    };
    const Case cases[] = {
        {R"({})", R"({})", R"({})", R"({})", R"({})"},
        // A map by its members; itself only where it is new.
        {R"({"metadata":{}})", R"({"metadata":{"labels":{"a":"1"}}})",
         R"({"f:metadata":{"f:labels":{".":{},"f:a":{}}}})", R"({})", R"({})"},
        {R"({"metadata":{"labels":{"a":"1","b":"2"}}})",
         R"({"metadata":{"labels":{"b":"3","c":"4"}}})",
         R"({"f:metadata":{"f:labels":{"f:c":{}}}})", R"({"f:metadata":{"f:labels":{"f:b":{}}}})",
         R"({"f:metadata":{"f:labels":{"f:a":{}}}})"},
        {R"({"metadata":{"labels":{"a":"1"}}})", R"({"metadata":{}})", R"({})", R"({})",
         R"({"f:metadata":{"f:labels":{".":{},"f:a":{}}}})"},
        // An empty one is a leaf.
        {R"({})", R"({"status":{}})", R"({"f:status":{}})", R"({})", R"({})"},
        {R"({"status":null})", R"({"status":{}})", R"({})", R"({"f:status":{}})", R"({})"},
        // What is atomic counts as a whole.
        {R"({"spec":{"source":{"name":"a"}}})", R"({"spec":{"source":{"name":"b"}}})", R"({})",
         R"({"f:spec":{"f:source":{}}})", R"({})"},
        {R"({"status":{"conditions":[{"type":"a"}]}})", R"({"status":{"conditions":[]}})", R"({})",
         R"({"f:status":{"f:conditions":{}}})", R"({})"},
        // A set by its elements, in any order.
        {R"({"status":{"indications":["a","b"]}})", R"({"status":{"indications":["c","b"]}})",
         R"({"f:status":{"f:indications":{"v:\"c\"":{}}}})", R"({})",
         R"({"f:status":{"f:indications":{"v:\"a\"":{}}}})"},
        {R"({"status":{"indications":["a","b"]}})", R"({"status":{"indications":["b","a"]}})",
         R"({})", R"({})", R"({})"},
        {R"({"metadata":{"finalizers":["a/b"]}})", R"({"metadata":{}})", R"({})", R"({})",
         R"({"f:metadata":{"f:finalizers":{".":{},"v:\"a/b\"":{}}}})"},
        // Owners by their uid.
        {R"({"metadata":{"ownerReferences":[{"uid":"1","name":"a"},{"uid":"2"}]}})",
         R"({"metadata":{"ownerReferences":[{"uid":"1","name":"b"},{"uid":"3"}]}})",
         R"({"f:metadata":{"f:ownerReferences":{"k:{\"uid\":\"3\"}":{}}}})",
         R"({"f:metadata":{"f:ownerReferences":{"k:{\"uid\":\"1\"}":{}}}})",
         R"({"f:metadata":{"f:ownerReferences":{"k:{\"uid\":\"2\"}":{}}}})"},
        // Null is there.
        {R"({"status":{}})", R"({"status":{"creationTime":null}})",
         R"({"f:status":{"f:creationTime":{}}})", R"({})", R"({})"},
        // managedFields, and what the schema does not have.
        {R"({"metadata":{"managedFields":[{}]},"x":1})", R"({"metadata":{},"x":2})", R"({})",
         R"({})", R"({})"},
    };
    for (const Case& test : cases) {
        FieldChanges changes =
            field_changes(object(test.before), object(test.after), model::kSnapshotSchema);
        EXPECT_EQ(changes.added.write(), *json::parse(test.added)) << test.after;
        EXPECT_EQ(changes.modified.write(), *json::parse(test.modified)) << test.after;
        EXPECT_EQ(changes.removed.write(), *json::parse(test.removed)) << test.after;
    }
}

}  // namespace
}  // namespace snapgate::rules

#include "rules/json_patch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace snapgate::rules {
namespace {

json::Value parsed(std::string_view text) {
    auto value = json::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : json::Value();
}

struct Case {
    std::string_view document;
    std::string_view patch;
    std::string_view result;  // empty: it does not fit
};

void expect(const Case& test) {
    json::Value document = parsed(test.document);
    auto applied = apply_json_patch(parsed(test.patch).get_array(), document);
    if (test.result.empty()) {
        ASSERT_FALSE(applied) << test.patch << " gave " << json::serialize(document);
        EXPECT_EQ(applied.error().code, base::Code::kInvalid) << test.patch;
        EXPECT_EQ(applied.error().message,
                  "the server rejected our request due to an error in our request");
        EXPECT_TRUE(applied.error().about);
    } else {
        ASSERT_TRUE(applied) << test.patch << ": " << applied.error().message;
        EXPECT_EQ(document, parsed(test.result)) << json::serialize(document);
    }
}

// RFC 6902, appendix A.
TEST(JsonPatch, DoesAsTheExamplesOfTheRfc) {
    const Case cases[] = {
        {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
         R"({"baz":"qux","foo":"bar"})"},
        {R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
         R"({"foo":["bar","qux","baz"]})"},
        {R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])", R"({"foo":"bar"})"},
        {R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
         R"({"foo":["bar","baz"]})"},
        {R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])",
         R"({"baz":"boo","foo":"bar"})"},
        {R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
         R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])",
         R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})"},
        {R"({"foo":["all","grass","cows","eat"]})",
         R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])",
         R"({"foo":["all","cows","eat","grass"]})"},
        {R"({"baz":"qux","foo":["a",2,"c"]})",
         R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
         R"({"baz":"qux","foo":["a",2,"c"]})"},
        {R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"bar"}])", ""},
        {R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])",
         R"({"foo":"bar","child":{"grandchild":{}}})"},
        {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
         R"({"foo":"bar","baz":"qux"})"},
        {R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])", ""},
        {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":10}])", R"({"/":9,"~1":10})"},
        {R"({"/":9,"~1":10})", R"([{"op":"test","path":"/~01","value":"10"}])", ""},
        {R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])",
         R"({"foo":["bar",["abc","def"]]})"},
    };
    for (const Case& test : cases) expect(test);
}

TEST(JsonPatch, KnowsTheEdges) {
    const Case cases[] = {
        {R"({"a":1})", R"([])", R"({"a":1})"},
        {R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])", R"({"a":2})"},
        {R"({"a":1})", R"([{"op":"add","path":"/a","value":null}])", R"({"a":null})"},
        {R"({"a":1})", R"([{"op":"add","path":"","value":[1]}])", R"([1])"},
        {R"({"a":1})", R"([{"op":"replace","path":"","value":7}])", "7"},
        {R"({"a":1})", R"([{"op":"remove","path":""}])", "null"},
        {R"({"a":{"b":1}})", R"([{"op":"copy","from":"","path":"/a/c"}])",
         R"({"a":{"b":1,"c":{"a":{"b":1}}}})"},
        {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":{"b":1}})"},
        {R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b"}])", ""},
        {R"({"a":{"b":1}})", R"([{"op":"move","from":"","path":"/a"}])", ""},
        {R"({"":1})", R"([{"op":"test","path":"/","value":1}])", R"({"":1})"},
        {R"({"a":[0,1]})", R"([{"op":"add","path":"/a/2","value":2}])", R"({"a":[0,1,2]})"},
        {R"({"a":[0,1]})", R"([{"op":"add","path":"/a/3","value":2}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"add","path":"/a/01","value":2}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"add","path":"/a/-1","value":2}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"add","path":"/a/x","value":2}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"add","path":"/a/99999999999999999999","value":2}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"remove","path":"/a/-"}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"remove","path":"/a/2"}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"replace","path":"/a/2","value":1}])", ""},
        {R"({"a":[0,1]})", R"([{"op":"test","path":"/a/-","value":1}])", ""},
        {R"({"a":1})", R"([{"op":"remove","path":"/b"}])", ""},
        {R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])", ""},
        {R"({"a":1})", R"([{"op":"remove","path":"/a/b"}])", ""},
        {R"({"a":1})", R"([{"op":"add","path":"a","value":1}])", ""},
        {R"({"a":1})", R"([{"op":"add","path":"/~2","value":1}])", ""},
        {R"({"a":1})", R"([{"op":"add","path":"/~","value":1}])", ""},
        {R"({"a":1})", R"([{"op":"add","path":"/b"}])", ""},
        {R"({"a":1})", R"([{"op":"add","value":1}])", ""},
        {R"({"a":1})", R"([{"op":"copy","path":"/b"}])", ""},
        {R"({"a":1})", R"([{"op":"move","from":"/x","path":"/b"}])", ""},
        {R"({"a":1})", R"([{"op":"Add","path":"/b","value":1}])", ""},
        {R"({"a":1})", R"([{"path":"/b","value":1}])", ""},
        {R"({"a":{"x":1,"y":[2]}})", R"([{"op":"test","path":"/a","value":{"y":[2],"x":1}}])",
         R"({"a":{"x":1,"y":[2]}})"},
    };
    for (const Case& test : cases) expect(test);
}

TEST(JsonPatch, SaysWhatIsNoPatch) {
    auto fault = [](std::string_view patch) {
        json::Value document = parsed("{}");
        auto applied = apply_json_patch(parsed(patch).get_array(), document);
        return applied ? base::Error(base::Code::kInternal, "it was taken") : applied.error();
    };
    auto number = fault("[1]");
    EXPECT_EQ(number.code, base::Code::kInvalidBody);
    EXPECT_EQ(number.message,
              "error decoding patch: json: cannot unmarshal number into Go value of type "
              "handlers.jsonPatchOp");
    EXPECT_EQ(fault(R"([{"op":"add","path":7,"value":1}])").message,
              "error decoding patch: json: cannot unmarshal number into Go struct field "
              "jsonPatchOp.path of type string");
    EXPECT_THAT(unknown_operation_fields(
                    parsed(R"([{"op":"add"},{"op":"add","x":1,"value":2}])").get_array()),
                testing::ElementsAre("json patch unknown field \"[1].x\""));
}

TEST(JsonPatch, IsBounded) {
    auto operations = [](size_t count, std::string_view operation) {
        json::Array list;
        for (size_t i = 0; i < count; ++i) list.push_back(parsed(operation));
        return list;
    };
    json::Value document = parsed(R"({"a":1})");
    auto test = operations(10000, R"({"op":"test","path":"/a","value":1})");
    EXPECT_TRUE(apply_json_patch(test, document));
    test.push_back(test.front());
    auto too_many = apply_json_patch(test, document);
    ASSERT_FALSE(too_many);
    EXPECT_EQ(too_many.error().code, base::Code::kTooLarge);
    EXPECT_EQ(too_many.error().message,
              "The allowed maximum operations in a JSON patch is 10000, got 10001");

    // Copies that double what is there.
    document = parsed(R"({"a":["0123456789"]})");
    auto doubled =
        apply_json_patch(operations(60, R"({"op":"copy","from":"/a","path":"/a/-"})"), document);
    ASSERT_FALSE(doubled);
    EXPECT_THAT(doubled.error().code, testing::AnyOf(base::Code::kTooLarge, base::Code::kInvalid));
    document = parsed(fmt::format(R"({{"a":"{}"}})", std::string(1 << 20, 'x')));
    auto large =
        apply_json_patch(operations(10, R"({"op":"copy","from":"/a","path":"/b"})"), document);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, base::Code::kTooLarge);

    // Moves that nest deeper and deeper.
    json::Array deeper;
    for (int i = 0; i < 100; ++i) {
        deeper.push_back(parsed(R"({"op":"add","path":"/b","value":{}})"));
        deeper.push_back(parsed(R"({"op":"move","from":"/a","path":"/b/a"})"));
        deeper.push_back(parsed(R"({"op":"move","from":"/b","path":"/a"})"));
    }
    document = parsed(R"({"a":{}})");
    auto deep = apply_json_patch(deeper, document);
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().code, base::Code::kInvalid);
    std::string path;
    for (int i = 0; i < 65; ++i) path += "/a";
    document = parsed("{}");
    auto long_path = apply_json_patch(
        parsed(fmt::format(R"([{{"op":"add","path":"{}","value":1}}])", path)).get_array(),
        document);
    EXPECT_FALSE(long_path);
}

}  // namespace
}  // namespace snapgate::rules

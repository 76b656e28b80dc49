#include "rules/merge_patch.h"

#include <gtest/gtest.h>

#include <string_view>

namespace snapgate::rules {
namespace {

// RFC 7396, appendix A; and nulls in a list, which are values like others.
TEST(MergePatch, DoesAsTheExamplesOfTheRfc) {
    struct Case {
        std::string_view original;
        std::string_view patch;
        std::string_view result;
    };
    const Case cases[] = {
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", "null", "null"},
        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
        {R"({"a":1})", R"({"a":[{"b":null},null]})", R"({"a":[{"b":null},null]})"},
    };
    for (const Case& test : cases) {
        json::Value target = *json::parse(test.original);
        apply_merge_patch(target, *json::parse(test.patch));
        EXPECT_EQ(target, *json::parse(test.result))
            << test.original << " and " << test.patch << " gave " << json::serialize(target);
    }
}

}  // namespace
}  // namespace snapgate::rules

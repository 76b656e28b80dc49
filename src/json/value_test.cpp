#include "json/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapgate::json {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
    auto value = parse(text);
    if (value) return "(parsed) " + json::serialize(*value);
    EXPECT_EQ(value.error().code, base::Code::kInvalidBody);
    return value.error().message;
}

TEST(Parse, ReadsWholeTexts) {
    auto value = parse(R"( {"b":[1,-2,18446744073709551615,1.5,true,null],"a":"ü\u0041"} )");
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(json::serialize(*value),
              R"({"b":[1,-2,18446744073709551615,1.5E0,true,null],"a":"üA"})");
    EXPECT_TRUE(parse("null")->is_null());
    EXPECT_EQ(parse("\"x\"")->as_string(), "x");
}

TEST(Parse, ReadsNumbersExactly) {
    EXPECT_EQ(parse("1.2650000000000001")->get_double(), 1.2650000000000001);
    EXPECT_EQ(parse("[0.1,1e-400]")->at(0).get_double(), 0.1);
    EXPECT_EQ(parse("123456789012345678901234567890")->get_double(),
              123456789012345678901234567890.0);
    EXPECT_EQ(parse("9223372036854775807")->get_int64(), INT64_MAX);
    EXPECT_THAT(error_of("{\"a\":\"\xff\"}"), HasSubstr("it is not UTF-8 (line 1, column 7)"));
    EXPECT_THAT(error_of("{\"a\":\"\n\"}"), HasSubstr("a control character has to be escaped"));
    EXPECT_THAT(error_of("1e400"), HasSubstr("not JSON"));
    EXPECT_THAT(error_of("[-1e400]"), HasSubstr("not JSON"));
}

TEST(Parse, SaysWhereAndWhy) {
    EXPECT_THAT(error_of(""), HasSubstr("empty"));
    EXPECT_THAT(error_of("{\"a\":1"), HasSubstr("ends within a value"));
    EXPECT_THAT(error_of("{\"a\":1} x"), HasSubstr("line 1, column 9"));
    EXPECT_THAT(error_of("{\n \"a\": tru}"), HasSubstr("line 2"));
    EXPECT_THAT(error_of("{\"a\":1}{}"), HasSubstr("not JSON"));
    EXPECT_THAT(error_of("\"\xff\""), HasSubstr("not JSON"));
    EXPECT_THAT(error_of(R"("\ud800")"), HasSubstr("not JSON"));
    EXPECT_THAT(error_of("// comment\n1"), HasSubstr("not JSON"));
    EXPECT_THAT(error_of("[1,]"), HasSubstr("not JSON"));
    EXPECT_THAT(error_of("NaN"), HasSubstr("not JSON"));
}

TEST(Parse, RefusesAKeyGivenTwice) {
    EXPECT_THAT(error_of(R"({"a":1,"b":{"c":1,"c":2}})"), HasSubstr(R"(key "c" twice)"));
    EXPECT_THAT(error_of(R"({"a":1,"\u0061":2})"), HasSubstr(R"(key "a" twice)"));
    EXPECT_EQ(parse(R"({"role":1,"role":2})").error().subject, "role");
    // The same key in different objects is fine, also after an inner object has ended.
    EXPECT_TRUE(parse(R"({"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}})"));
    EXPECT_THAT(error_of(R"({"a":{"b":1},"a":1})"), HasSubstr(R"(key "a" twice)"));
}

TEST(Parse, CapsTheDepth) {
    auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse(nested(64)));
    EXPECT_THAT(error_of(nested(65)), HasSubstr("deeper than 64"));
    EXPECT_THAT(error_of(std::string(100000, '[')), HasSubstr("deeper than 64"));
}

TEST(SerializePretty, IndentsByTwo) {
    auto value = parse(R"({"a":[],"b":{},"c":[1,{"d":"x\n"}],"e":null})");
    ASSERT_TRUE(value);
    EXPECT_EQ(serialize_pretty(*value), R"({
  "a": [],
  "b": {},
  "c": [
    1,
    {
      "d": "x\n"
    }
  ],
  "e": null
})");
}

TEST(OptionalString, ReadsStringsOnly) {
    Object object = parse(R"({"a":"x","n":null,"i":1})")->as_object();
    EXPECT_EQ(*optional_string(object, "a"), "x");
    EXPECT_EQ(*optional_string(object, "n"), "");
    EXPECT_EQ(*optional_string(object, "missing"), "");
    auto wrong = optional_string(object, "i");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, base::Code::kInvalidBody);
    EXPECT_EQ(wrong.error().subject, "i");
}

TEST(RefuseUnknown, NamesTheField) {
    Object object = parse(R"({"name":"x","colour":1})")->as_object();
    EXPECT_TRUE(refuse_unknown(object, {"name", "colour"}));
    auto refused = refuse_unknown(object, {"name", "uid"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().subject, "colour");
    EXPECT_THAT(refused.error().message, HasSubstr("name, uid"));
}

}  // namespace
}  // namespace snapgate::json

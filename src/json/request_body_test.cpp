#include "json/request_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace snapgate::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParseTolerant, NotesKeysGivenTwiceAndTakesTheLast) {
    auto read = parse_tolerant(
        R"({"a":1,"b":{"c":[0,{"d":1,"e":2,"d":3,"d":4}]},"a":{"x":2},"b":{"c":5,"c":6}})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->value, *parse(R"({"a":{"x":2},"b":{"c":6}})"));
    EXPECT_THAT(read->duplicates, ElementsAre("b.c[1].d", "a", "b", "b.c"));
    read = parse_tolerant(R"([{"a":1},[{"b":1,"\u0062":2}]])");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->duplicates, ElementsAre("[1][0].b"));
    read = parse_tolerant(R"( {"a":[1,2.5,true,null,"x"]} )");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->duplicates, IsEmpty());
    std::string many = "{";
    for (int i = 0; i < 300; ++i) many += "\"k" + std::to_string(i % 150) + "\":1,";
    read = parse_tolerant(many + "\"z\":1}");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->duplicates.size(), 100U);
}

TEST(ParseTolerant, NotesAKeyAfterAnyNumberOfOthers) {
    for (int keys = 1; keys <= 40; ++keys) {
        for (const int again : {0, keys / 2, keys - 1}) {
            std::string text = "{\"o\":{";
            for (int i = 0; i < keys; ++i) text += "\"k" + std::to_string(i) + "\":{\"in\":1},";
            const std::string key = "k" + std::to_string(again);
            text += "\"" + key + "\":2}}";
            const auto read = parse_tolerant(text);
            ASSERT_TRUE(read);
            EXPECT_THAT(read->duplicates, ElementsAre("o." + key)) << keys;
        }
    }
}

TEST(ParseTolerant, IsBounded) {
    EXPECT_TRUE(parse_tolerant(std::string(64, '[') + std::string(64, ']')));
    auto deep = parse_tolerant(std::string(65, '[') + std::string(65, ']'));
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().message, "the JSON is nested deeper than 64 levels");
    EXPECT_FALSE(parse_tolerant(R"("\ud800")"));
    EXPECT_FALSE(parse_tolerant("\"\xff\""));
    EXPECT_FALSE(parse_tolerant("1e999"));
}

// As Go 1.2x says it.
TEST(SyntaxFault, HasTheWordsOfGo) {
    struct Case {
        std::string_view text;
        std::string_view fault;
    };
    const Case cases[] = {
        {R"({"a":[1,-2.5e+3,true,false,null,"\u00e9\n"],"b":{}})", ""},
        {"", "unexpected end of JSON input"},
        {"  ", "unexpected end of JSON input"},
        {"{", "unexpected end of JSON input"},
        {R"({"apiVersion":)", "unexpected end of JSON input"},
        {R"({"a)", "unexpected end of JSON input"},
        {R"({"a":1)", "unexpected end of JSON input"},
        {"[1,", "unexpected end of JSON input"},
        {"tru", "unexpected end of JSON input"},
        {"-", "unexpected end of JSON input"},
        {"1.", "unexpected end of JSON input"},
        {"x", "invalid character 'x' looking for beginning of value"},
        {"[1,]", "invalid character ']' looking for beginning of value"},
        {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
        {R"({"a":1,})", "invalid character '}' looking for beginning of object key string"},
        {R"({"a" 1})", "invalid character '1' after object key"},
        {R"({"a":1 "b":2})", "invalid character '\"' after object key:value pair"},
        {"[1 2]", "invalid character '2' after array element"},
        {"{} x", "invalid character 'x' after top-level value"},
        {"trie", "invalid character 'i' in literal true (expecting 'u')"},
        {"\"a\nb\"", "invalid character '\\n' in string literal"},
        {"\"\x01\"", "invalid character '\\x01' in string literal"},
        {R"("\x")", "invalid character 'x' in string escape code"},
        {R"("\u12g4")", "invalid character 'g' in \\u hexadecimal character escape"},
        {"01", "invalid character '1' after top-level value"},
        {"-x", "invalid character 'x' in numeric literal"},
        {"1.x", "invalid character 'x' after decimal point in numeric literal"},
        {"1ex", "invalid character 'x' in exponent of numeric literal"},
        {"'a'", "invalid character '\\'' looking for beginning of value"},
        {"\xe9", "invalid character 'é' looking for beginning of value"},
    };
    for (const Case& test : cases) {
        EXPECT_EQ(syntax_fault(test.text), test.fault) << test.text;
        EXPECT_EQ(parse_tolerant(test.text).has_value(), test.fault.empty()) << test.text;
    }
    EXPECT_EQ(syntax_fault(std::string(1'000'000, '[')), "unexpected end of JSON input");
}

}  // namespace
}  // namespace snapgate::json

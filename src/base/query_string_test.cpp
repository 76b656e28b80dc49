#include "base/query_string.h"

#include <gtest/gtest.h>

#include <vector>

namespace snapgate::base {
namespace {

std::vector<std::pair<std::string, std::string>> all(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> found;
    QueryString parameters(query);
    while (auto next = parameters.next()) found.emplace_back(next->name, next->value);
    return found;
}

TEST(QueryStringTest, ParametersComeInOrderWithTheirValuesStillEncoded) {
    using Found = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(all(""), Found());
    EXPECT_EQ(all("a=1&b&c=&a=%32=x"), (Found{{"a", "1"}, {"b", ""}, {"c", ""}, {"a", "%32=x"}}));
    EXPECT_EQ(all("%61=1&b+c=2"), (Found{{"a", "1"}, {"b c", "2"}}));
    EXPECT_EQ(all("%zz=1&a=%zz"), (Found{{"a", "%zz"}})) << "a name that is no name is passed over";
}

TEST(QueryStringTest, ValuesAreDecodedAndMayHoldNoControlCharacters) {
    EXPECT_EQ(*decode_parameter("x", "a+b%2Bc%C3%A4"), "a b+c\xC3\xA4");
    for (const char* bad :
         {"%", "%0", "%zz", "%00", "a%00", "%01", "%09", "%0A", "%0d", "a%1Fb", "%7f"}) {
        auto refused = decode_parameter("x", bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, Code::kInvalidParameter) << bad;
        EXPECT_EQ(refused.error().subject, "x") << bad;
    }
    EXPECT_EQ(decode_parameter("x", "ab%00c").error().message,
              "x holds the control character U+0000 at byte 3: leave it out");
}

TEST(QueryStringTest, WhereBlanksAreTakenNoOtherControlCharacterIs) {
    EXPECT_EQ(*decode_parameter("x", "%09%0A%0D+", Controls::kBlanks), "\t\n\r ");
    EXPECT_FALSE(decode_parameter("x", "%09%00", Controls::kBlanks));
    EXPECT_FALSE(decode_parameter("x", "%0B", Controls::kBlanks));
    EXPECT_EQ(decode_parameter("x", "%00", Controls::kAny)->size(), 1U);
}

TEST(QueryStringTest, ASegmentOfAPathWithAControlCharacterNamesNothing) {
    EXPECT_EQ(decode_segment("a%2Fb+c"), "a/b+c");
    for (const char* bad : {"%", "a%00b", "%7F", "%0a"})
        EXPECT_EQ(decode_segment(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace snapgate::base

#include "base/ascii.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

TEST(AsciiTest, NoByteBeyondAsciiIsALetterADigitOrWhiteSpace) {
    for (int byte = 0x80; byte < 0x100; ++byte) {
        const char c = static_cast<char>(byte);
        EXPECT_FALSE(is_letter_or_digit(c) || is_white_space(c) || is_hex(c)) << byte;
        EXPECT_EQ(to_lower(c), c);
        EXPECT_EQ(to_upper(c), c);
    }
}

TEST(AsciiTest, LettersHaveTwoCasesAndTheirNeighboursNone) {
    EXPECT_EQ(to_lower("@AZ[`az{ 0_"), "@az[`az{ 0_");
    EXPECT_EQ(to_upper("@AZ[`az{ 0_"), "@AZ[`AZ{ 0_");
    for (const char c : {'@', '[', '`', '{', '/', ':'}) EXPECT_FALSE(is_letter_or_digit(c)) << c;
    for (const char c : {'A', 'Z', 'a', 'z', '0', '9'}) EXPECT_TRUE(is_letter_or_digit(c)) << c;
}

TEST(AsciiTest, WhiteSpaceIsThatOfJson) {
    for (const char c : {' ', '\t', '\n', '\r'}) EXPECT_TRUE(is_white_space(c));
    for (const char c : {'\v', '\f', '\0', 'a'}) EXPECT_FALSE(is_white_space(c));
}

}  // namespace
}  // namespace snapgate::base

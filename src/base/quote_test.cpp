#include "base/quote.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace snapgate::base {
namespace {

// By the rules of strconv.Quote: https://pkg.go.dev/strconv#Quote
TEST(Quote, EscapesAsGoDoes) {
    EXPECT_EQ(quote(""), R"("")");
    EXPECT_EQ(quote("db-01"), R"("db-01")");
    EXPECT_EQ(quote("a\"b\\c"), R"("a\"b\\c")");
    EXPECT_EQ(quote("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
    EXPECT_EQ(quote(std::string_view("\0\x1f\x7f", 3)), R"("\x00\x1f\x7f")");
    EXPECT_EQ(quote("Zürich 東京 😀"), R"("Zürich 東京 😀")");
    EXPECT_EQ(quote("\xc2\x85\xe2\x80\x8b\xef\xbb\xbf"), R"("\u0085\u200b\ufeff")");
    EXPECT_EQ(quote("\U000e0001"), R"("\U000e0001")");
    EXPECT_EQ(quote("a\xff\xc3"), R"("a\xff\xc3")");
}

TEST(Quote, CutsBetweenCharacters) {
    EXPECT_EQ(quote("abcdef", 6), R"("abcdef")");
    EXPECT_EQ(quote("abcdefg", 6), R"("abcdef...")");
    EXPECT_EQ(quote("abcd東京", 6), R"("abcd...")");
    EXPECT_EQ(quote("abcd東京", 7), R"("abcd東...")");
}

TEST(Visible, EscapesWhatCannotBeSeenAlone) {
    EXPECT_EQ(visible("there is no \"Zürich\" in C:\\ 東京"),
              "there is no \"Zürich\" in C:\\ 東京");
    EXPECT_EQ(visible("a\n\x1b[2J\x7f"), R"(a\n\x1b[2J\x7f)");
    EXPECT_EQ(visible("\xc2\x9b\xe2\x80\xae\U000e0001"), R"(\u009b\u202e\U000e0001)");
    EXPECT_EQ(visible("\xff"), R"(\xff)");
}

TEST(Utf8, TellsCharactersFromOtherBytes) {
    EXPECT_TRUE(is_utf8("Zürich 東京 😀"));
    for (const char* bytes :
         {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe6\x9d", "\xff"})
        EXPECT_FALSE(is_utf8(bytes)) << bytes;
    const CodePoint last = first_character("\xf4\x8f\xbf\xbf");
    EXPECT_EQ(last.value, 0x10ffffU);
    EXPECT_EQ(last.length, 4U);
}

}  // namespace
}  // namespace snapgate::base

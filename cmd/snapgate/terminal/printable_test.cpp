#include "terminal/printable.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(PrintablePieces, AreTheDocumentWhereverItIsCut) {
    const std::string text = "a\u00e4\u20ac\U0001f600 \u202e\u009b\U000e0041 \xff\xe2\x82 z\n";
    const std::string whole = printable_document(text);
    for (size_t size = 1; size <= text.size(); ++size) {
        PrintablePieces pieces;
        std::string joined;
        for (size_t at = 0; at < text.size(); at += size)
            joined += pieces.take(text.substr(at, size));
        EXPECT_EQ(joined + pieces.finish(), whole) << size;
    }
    PrintablePieces cut;
    EXPECT_EQ(cut.take("a\xe2\x82"), "a");
    EXPECT_EQ(cut.finish(), printable_document("\xe2\x82"));
}

TEST(PrintableTest, LeavesTextOfAnyScriptAlone) {
    EXPECT_EQ(printable("db-01 für 東京"), "db-01 für 東京");
}

TEST(PrintableTest, ShowsControlCharactersInsteadOfObeyingThem) {
    EXPECT_EQ(printable("a\x1b[2Jb\nc\td\r\x7f"), "a\\u001b[2Jb\\nc\\td\\r\\u007f");
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u0000");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\u009b31m");
}

TEST(PrintableTest, ShowsWhatTurnsTheDirectionOrHides) {
    const std::string override_mark = std::string("\xe2\x80") + "\xae";  // right to left from here
    EXPECT_EQ(printable(override_mark + "gpj"), "\\u202egpj");
    EXPECT_EQ(printable("a\xe2\x80\x8b"
                        "b"),
              "a\\u200bb");
    EXPECT_EQ(printable("\xf3\xa0\x80\x81"), "\\udb40\\udc01");
}

TEST(PrintableTest, ShowsBytesThatAreNoUtf8) {
    EXPECT_EQ(printable("a\xff"
                        "b\xc3"),
              "a\\xffb\\xc3");
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // an overlong '/'
}

TEST(PrintableTest, KeepsTheLinesOfADocument) {
    EXPECT_EQ(printable_document("{\n\t\"a\": \"\x1b\xff\"\n}"),
              "{\n\t\"a\": \"\\u001b\xef\xbf\xbd\"\n}");
    EXPECT_EQ(printable_document("{\r\n}\r\n"), "{ \n} \n");
}

TEST(PrintableTest, CountsColumnsNotBytes) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("für"), 3U);
    EXPECT_EQ(display_width("東京"), 4U);
    EXPECT_EQ(display_width("e\xcc\x81"), 1U);  // an accent of its own
}

TEST(PrintableTest, CutsToColumns) {
    EXPECT_EQ(cut_to("snapshot", 8), "snapshot");
    EXPECT_EQ(cut_to("snapshots", 8), "snapsho…");
    EXPECT_EQ(cut_to("東京都", 5), "東京…");
    EXPECT_EQ(cut_to("東京都", 4), "東…");
    EXPECT_EQ(cut_to("ab", 1), "…");
    EXPECT_EQ(cut_to("ab", 0), "");
}

}  // namespace
}  // namespace snapgate::cli

#include "api/kube/cell_text.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::api::kube {
namespace {

std::string cell(std::string_view json) {
    std::string out;
    append_cell_text(json, out);
    return out;
}

TEST(CellTextTest, ShowsTextAsItIs) {
    for (const char* json : {R"("")", R"("web-01")", R"("Zürich 東京 😀")", R"("a\"b\\c\/d")",
                             R"("two\nlines\tand a tab")", R"("\u00e9")", R"("\\u001b")"})
        EXPECT_EQ(cell(json), json);
}

TEST(CellTextTest, SpellsOutWhatATerminalActsOn) {
    EXPECT_EQ(cell(R"("a\u001b[2Jb")"), R"("a\\u001b[2Jb")");
    EXPECT_EQ(cell(R"("\u0000\b\f\r")"), R"("\\u0000\\u0008\\u000c\\u000d")");
    EXPECT_EQ(cell("\"\x7f\""), R"("\\u007f")");
    EXPECT_EQ(cell("\"a\u009b2Jb\""), R"("a\\u009b2Jb")");
    EXPECT_EQ(cell("\"a\u202eb\u2066\""), R"("a\\u202eb\\u2066")");
    EXPECT_EQ(cell(R"("\u202E")"), R"("\\u202e")");
    EXPECT_EQ(cell("\"\U000e0041\""), R"("\\U000e0041")");
}

}  // namespace
}  // namespace snapgate::api::kube

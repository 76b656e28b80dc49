#include "table.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(TableTest, LooksLikeKubectls) {
    Table table({"NAMESPACE", "NAME", "ERROR"}, 0);
    EXPECT_EQ(table.page({{"payments", "db-01-nightly", ""}, {"web", "a", "no space"}}),
              "NAMESPACE   NAME            ERROR\n"
              "payments    db-01-nightly\n"
              "web         a               no space\n");
}

TEST(TableTest, TitlesComeOnceAndColumnsStayAsWideAsTheyHaveGrown) {
    Table table({"A", "B"}, 0);
    EXPECT_EQ(table.page({{"long-one", "x"}}), "A          B\nlong-one   x\n");
    EXPECT_EQ(table.page({{"s", "y"}}), "s          y\n");
    EXPECT_EQ(table.page({{"longer-still", "z"}}), "longer-still   z\n");
}

TEST(TableTest, AnEmptyPageHasItsTitles) {
    Table table({"A", "B"}, 0);
    EXPECT_EQ(table.page({}), "A   B\n");
    EXPECT_EQ(table.page({}), "");
}

TEST(TableTest, CutsLinesToTheTerminal) {
    Table table({"NAME", "ERROR"}, 16);
    EXPECT_EQ(table.page({{"db-01", "snapshot deadline exceeded"}}),
              "NAME    ERROR\n"
              "db-01   snapsho…\n");
}

TEST(TableTest, CellsCannotBreakOutOfTheirLine) {
    Table table({"NAME", "ERROR"}, 0);
    EXPECT_EQ(table.page({{"a\nb", "\x1b[31mred"}}),
              "NAME   ERROR\n"
              "a\\nb   \\u001b[31mred\n");
}

TEST(TableTest, AlignsWhatIsWiderThanItsBytes) {
    Table table({"NAME", "X"}, 0);
    EXPECT_EQ(table.page({{"東京-1", "1"}, {"für", "2"}}),
              "NAME     X\n"
              "東京-1   1\n"
              "für      2\n");
}

}  // namespace
}  // namespace snapgate::cli

#include "terminal/table.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(TableTest, LooksLikeKubectls) {
    Table table({{"NAMESPACE"}, {"NAME"}, {"ERROR"}}, 0);
    EXPECT_EQ(table.page({{"payments", "db-01-nightly", ""}, {"web", "a", "no space"}}),
              "NAMESPACE   NAME            ERROR\n"
              "payments    db-01-nightly\n"
              "web         a               no space\n");
}

TEST(TableTest, TitlesComeOnceAndColumnsStayAsWideAsTheyHaveGrown) {
    Table table({{"A"}, {"B"}}, 0);
    EXPECT_EQ(table.page({{"long-one", "x"}}), "A          B\nlong-one   x\n");
    EXPECT_EQ(table.page({{"s", "y"}}), "s          y\n");
    EXPECT_EQ(table.page({{"longer-still", "z"}}), "longer-still   z\n");
}

TEST(TableTest, AnEmptyPageHasItsTitles) {
    Table table({{"A"}, {"B"}}, 0);
    EXPECT_EQ(table.page({}), "A   B\n");
    EXPECT_EQ(table.page({}), "");
}

TEST(TableTest, LeavesOutColumnsUntilTheOthersFit) {
    const std::vector<Column> columns{{"NAME"}, {"UID", 1}, {"TYPE", 2}, {"STATE"}};
    const std::vector<Table::Row> rows{{"edge", "0123456789", "hosted", "Ready"}};
    EXPECT_EQ(Table(columns, 40).page(rows),
              "NAME   UID          TYPE     STATE\n"
              "edge   0123456789   hosted   Ready\n");
    EXPECT_EQ(Table(columns, 30).page(rows),
              "NAME   TYPE     STATE\n"
              "edge   hosted   Ready\n");
    EXPECT_EQ(Table(columns, 15).page(rows),
              "NAME   STATE\n"
              "edge   Ready\n");
}

TEST(TableTest, TheFirstPageDecidesWhichColumnsAreShown) {
    Table table({{"NAME"}, {"UID", 1}}, 12);
    EXPECT_EQ(table.page({{"edge", "0123456789"}}), "NAME\nedge\n");
    EXPECT_EQ(table.page({{"e", "0"}}), "e\n");
}

TEST(TableTest, CutsCellsWhereTheySayLeast) {
    Table table(
        {{"NAME", 0, 7, Column::Cut::kMiddle}, {"PHASE"}, {"ERROR", 0, 8, Column::Cut::kBegin}},
        28);
    EXPECT_EQ(
        table.page({{"db-01-0273", "Failed", "code = DeadlineExceeded"}, {"東京-東京-1", "", ""}}),
        "NAME       PHASE    ERROR\n"
        "db-0…273   Failed   …xceeded\n"
        "東京…-1\n");
}

TEST(TableTest, CutsLinesToTheTerminal) {
    Table table({{"NAME"}, {"ERROR"}}, 16);
    EXPECT_EQ(table.page({{"db-01", "snapshot deadline exceeded"}}),
              "NAME    ERROR\n"
              "db-01   snapsho…\n");
}

TEST(TableTest, CellsCannotBreakOutOfTheirLine) {
    Table table({{"NAME"}, {"ERROR"}}, 0);
    EXPECT_EQ(table.page({{"a\nb", "\x1b[31mred"}}),
              "NAME   ERROR\n"
              "a\\nb   \\u001b[31mred\n");
}

TEST(TableTest, AlignsWhatIsWiderThanItsBytes) {
    Table table({{"NAME"}, {"X"}}, 0);
    EXPECT_EQ(table.page({{"東京-1", "1"}, {"für", "2"}}),
              "NAME     X\n"
              "東京-1   1\n"
              "für      2\n");
}

}  // namespace
}  // namespace snapgate::cli

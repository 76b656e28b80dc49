#include "terminal/table.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(TableTest, LooksLikeKubectls) {
    Table table({{"NAMESPACE"}, {"NAME"}, {"ERROR"}}, {});
    EXPECT_EQ(table.page({{"payments", "db-01-nightly", ""}, {"web", "a", "no space"}}),
              "NAMESPACE   NAME            ERROR\n"
              "payments    db-01-nightly\n"
              "web         a               no space\n");
}

TEST(TableTest, TitlesComeOnceAndColumnsStayAsWideAsTheyHaveGrown) {
    Table table({{"A"}, {"B"}}, {});
    EXPECT_EQ(table.page({{"long-one", "x"}}), "A          B\nlong-one   x\n");
    EXPECT_EQ(table.page({{"s", "y"}}), "s          y\n");
    EXPECT_EQ(table.page({{"longer-still", "z"}}), "longer-still   z\n");
}

TEST(TableTest, AnEmptyPageHasItsTitles) {
    Table table({{"A"}, {"B"}}, {});
    EXPECT_EQ(table.page({}), "A   B\n");
    EXPECT_EQ(table.page({}), "");
}

TEST(TableTest, LeavesOutColumnsUntilTheOthersFit) {
    const std::vector<Column> columns{{"NAME"}, {"UID", 1}, {"TYPE", 2}, {"STATE"}};
    const std::vector<Table::Row> rows{{"edge", "0123456789", "hosted", "Ready"}};
    EXPECT_EQ(Table(columns, {.width = 40}).page(rows),
              "NAME   UID          TYPE     STATE\n"
              "edge   0123456789   hosted   Ready\n");
    EXPECT_EQ(Table(columns, {.width = 30}).page(rows),
              "NAME   TYPE     STATE\n"
              "edge   hosted   Ready\n");
    EXPECT_EQ(Table(columns, {.width = 15}).page(rows),
              "NAME   STATE\n"
              "edge   Ready\n");
}

TEST(TableTest, TheFirstPageDecidesWhichColumnsAreShown) {
    Table table({{"NAME"}, {"UID", 1}}, {.width = 12});
    EXPECT_EQ(table.page({{"edge", "0123456789"}}), "NAME\nedge\n");
    EXPECT_EQ(table.page({{"e", "0"}}), "e\n");
}

TEST(TableTest, CutsCellsWhereTheySayLeast) {
    Table table(
        {{"NAME", 0, 7, Column::Cut::kMiddle}, {"PHASE"}, {"ERROR", 0, 8, Column::Cut::kBegin}},
        {.width = 28});
    EXPECT_EQ(
        table.page({{"db-01-0273", "Failed", "code = DeadlineExceeded"}, {"東京-東京-1", "", ""}}),
        "NAME       PHASE    ERROR\n"
        "db-0…273   Failed   …xceeded\n"
        "東京…-1\n");
}

TEST(TableTest, CutsLinesToTheTerminal) {
    Table table({{"NAME"}, {"ERROR"}}, {.width = 16});
    EXPECT_EQ(table.page({{"db-01", "snapshot deadline exceeded"}}),
              "NAME    ERROR\n"
              "db-01   snapsho…\n");
}

TEST(TableTest, WithoutTitlesThereAreOnlyRows) {
    Table table({{"NAMESPACE"}, {"B"}}, {.titles = false});
    EXPECT_EQ(table.page({{"a", "x"}}), "a   x\n");
    EXPECT_EQ(table.page({}), "");
}

TEST(TableTest, InAsciiTheEllipsisIsThreeDots) {
    Table table({{"NAME", 0, 7, Column::Cut::kMiddle}, {"ERROR", 0, 9, Column::Cut::kBegin}},
                {.width = 20, .ellipsis = kAsciiEllipsis});
    EXPECT_EQ(table.page({{"db-01-0273", "DeadlineExceeded"}}),
              "NAME       ERROR\n"
              "db-...73   ...ceeded\n");
    Table line({{"NAME"}, {"ERROR"}}, {.width = 16, .ellipsis = kAsciiEllipsis});
    EXPECT_EQ(line.page({{"db-01", "snapshot deadline exceeded"}}),
              "NAME    ERROR\n"
              "db-01   snaps...\n");
}

TEST(TableTest, StatesAreColouredAndWordsAlikeElsewhereAreNot) {
    const std::vector<Column> columns{{"NAME"}, {.title = "PHASE", .is_state = true}, {"CAUSE"}};
    const std::vector<Table::Row> rows{
        {"Failed", "Failed", "x"}, {"b", "Ready", ""}, {"c", "?", ""}};
    EXPECT_EQ(Table(columns, {.colours = true}).page(rows),
              "NAME     PHASE    CAUSE\n"
              "Failed   \033[31mFailed\033[0m   x\n"
              "b        \033[32mReady\033[0m\n"
              "c        ?\n");
    EXPECT_EQ(Table(columns, {}).page(rows).find('\033'), std::string::npos);
    // A state that is cut is no state.
    EXPECT_EQ(Table(columns, {.width = 13, .colours = true}).page({{"Failed", "Failed", "x"}}),
              "NAME     PHA…\n"
              "Failed   Fai…\n");
}

TEST(TableTest, CellsCannotBreakOutOfTheirLine) {
    Table table({{"NAME"}, {"ERROR"}}, {});
    EXPECT_EQ(table.page({{"a\nb", "\x1b[31mred"}}),
              "NAME   ERROR\n"
              "a\\nb   \\u001b[31mred\n");
}

TEST(TableTest, AlignsWhatIsWiderThanItsBytes) {
    Table table({{"NAME"}, {"X"}}, {});
    EXPECT_EQ(table.page({{"東京-1", "1"}, {"für", "2"}}),
              "NAME     X\n"
              "東京-1   1\n"
              "für      2\n");
}

}  // namespace
}  // namespace snapgate::cli

#include "query/text_table.h"

#include <gtest/gtest.h>

#include <string>

#include "query/texts.h"

namespace snapgate::query {
namespace {

TEST(TextTable, GivesEachTextOneIndexInTheOrderOfTheFirst) {
    Texts texts;
    TextTable table;
    EXPECT_EQ(table.index_of("web", texts), 0);
    EXPECT_EQ(table.index_of("", texts), 1);
    EXPECT_EQ(table.index_of("db", texts), 2);
    EXPECT_EQ(table.index_of("", texts), 1);
    EXPECT_EQ(table.index_of("web", texts), 0);
    ASSERT_EQ(texts.size(), 3);
    EXPECT_EQ(texts[0], "web");
    EXPECT_EQ(texts[1], "");
    EXPECT_EQ(texts[2], "db");
}

TEST(TextTable, FindsEachOfManyAgainWhileItGrows) {
    constexpr uint32_t kMany = 10'000;
    Texts texts;
    TextTable table;
    for (uint32_t i = 0; i < kMany; ++i) {
        ASSERT_EQ(table.index_of("vm-" + std::to_string(i), texts), i);
        ASSERT_EQ(table.index_of("vm-" + std::to_string(i / 2), texts), i / 2);
    }
    EXPECT_EQ(texts.size(), kMany);
}

TEST(TextTable, GoesOnWithTheTextsOfAnother) {
    Texts texts;
    texts.add("web");
    texts.add("db");
    TextTable table(texts);
    EXPECT_EQ(table.index_of("db", texts), 1);
    EXPECT_EQ(table.index_of("cache", texts), 2);
    EXPECT_EQ(texts.size(), 3);
}

TEST(Texts, GiveBackWhatTheyHaveTooMuch) {
    Texts texts;
    for (int i = 0; i < 1000; ++i) texts.add("a text of some length");
    EXPECT_TRUE(texts.finish());
    EXPECT_LE(texts.bytes(), 1000 * (21 + sizeof(uint32_t)) + 64);
    EXPECT_EQ(texts[999], "a text of some length");
}

}  // namespace
}  // namespace snapgate::query

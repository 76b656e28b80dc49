#include "mirror/seen_versions.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::mirror {
namespace {

TEST(SeenVersionsTest, TheNewestThatIsNotNewerThanTheListIsCompared) {
    SeenVersions seen("10");
    EXPECT_EQ(seen.base(), std::nullopt);
    for (const char* version : {"12", "15", "18"}) seen.add(version);
    seen.settle("16");
    EXPECT_EQ(seen.base(), "15");
    EXPECT_EQ(seen.first(), "10");
}

TEST(SeenVersionsTest, OneThatComesAfterwardsIsTakenIfItIsNotNewer) {
    SeenVersions seen("10");
    seen.add("12");
    seen.settle("20");
    EXPECT_EQ(seen.base(), "12");
    seen.add("20");
    EXPECT_EQ(seen.base(), "20");
    seen.add("21");
    EXPECT_EQ(seen.base(), "20");
    seen.settle("30");
    EXPECT_EQ(seen.base(), "20") << "a list has one version";
}

TEST(SeenVersionsTest, IfAllAreNewerTheFirstOneIsCompared) {
    SeenVersions seen("10");
    seen.add("12");
    seen.settle("5");
    EXPECT_EQ(seen.base(), "10");
}

TEST(SeenVersionsTest, WhereTheOrderIsNotKnownTheLastOneIsCompared) {
    SeenVersions seen("a");
    seen.add("b");
    seen.settle("x");
    EXPECT_EQ(seen.base(), "b");
    seen.add("c");
    EXPECT_EQ(seen.base(), "c");
}

TEST(SeenVersionsTest, OfTooManyTheNewestAreKnown) {
    SeenVersions seen("1000");
    for (size_t i = 1; i <= SeenVersions::kMost; ++i) seen.add(std::to_string(1000 + i));
    SeenVersions late = seen;
    seen.settle("1000");
    EXPECT_EQ(seen.base(), std::nullopt) << "it was dropped";
    late.settle("1005");
    EXPECT_EQ(late.base(), "1005");
    EXPECT_EQ(late.first(), "1000");
}

}  // namespace
}  // namespace snapgate::mirror

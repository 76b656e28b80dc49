#include "mirror/skipped_objects.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::mirror {
namespace {

TEST(SkippedObjectsTest, OneCountsOnce) {
    SkippedObjects skipped;
    skipped.add({"alpha", "large"});
    skipped.add({"alpha", "large"});
    EXPECT_EQ(skipped.count(), 1U);
    EXPECT_TRUE(skipped.contains({"alpha", "large"}));
    EXPECT_FALSE(skipped.contains({"beta", "large"}));
    EXPECT_TRUE(skipped.all_named());

    skipped.remove({"beta", "large"});
    EXPECT_EQ(skipped.count(), 1U);
    skipped.remove({"alpha", "large"});
    EXPECT_EQ(skipped.count(), 0U);
}

TEST(SkippedObjectsTest, OneWithoutANameIsCountedAlone) {
    SkippedObjects skipped;
    skipped.add({"alpha", ""});
    EXPECT_EQ(skipped.count(), 1U);
    EXPECT_FALSE(skipped.all_named());
    EXPECT_FALSE(skipped.contains({"alpha", ""}));
}

TEST(SkippedObjectsTest, SoManyNamesAreKept) {
    SkippedObjects skipped;
    for (size_t number = 0; number <= SkippedObjects::kMostNamed; ++number)
        skipped.add({"alpha", std::to_string(number)});
    EXPECT_EQ(skipped.count(), SkippedObjects::kMostNamed + 1);
    EXPECT_FALSE(skipped.all_named());

    skipped.clear();
    EXPECT_EQ(skipped.count(), 0U);
    EXPECT_TRUE(skipped.all_named());
}

TEST(SkippedObjectsTest, ChangesAreCounted) {
    SkippedObjects skipped;
    skipped.clear();
    skipped.remove({"alpha", "large"});
    EXPECT_EQ(skipped.changes(), 0U);
    skipped.add({"alpha", "large"});
    skipped.add({"alpha", "large"});
    EXPECT_EQ(skipped.changes(), 1U);
    skipped.remove({"alpha", "large"});
    EXPECT_EQ(skipped.changes(), 2U);
    skipped.add({"alpha", ""});
    skipped.clear();
    EXPECT_EQ(skipped.changes(), 4U);
}

}  // namespace
}  // namespace snapgate::mirror

#include "mirror/skipped_objects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace snapgate::mirror {
namespace {

json::ObjectHead object(std::string ns, std::string name) {
    json::ObjectHead head;
    head.ns = std::move(ns);
    head.name = std::move(name);
    return head;
}

TEST(SkippedObjectsTest, OneCountsOnce) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    skipped.add(object("alpha", "large"), "why");
    skipped.add(object("alpha", "large"), "why");
    EXPECT_EQ(skipped.count(), 1U);
    EXPECT_TRUE(skipped.contains({"alpha", "large"}));
    EXPECT_FALSE(skipped.contains({"beta", "large"}));
    EXPECT_TRUE(skipped.all_named());

    skipped.remove(object("beta", "large"));
    EXPECT_EQ(skipped.count(), 1U);
    skipped.remove(object("alpha", "large"));
    EXPECT_EQ(skipped.count(), 0U);
}

TEST(SkippedObjectsTest, OneWithoutANameIsCountedAlone) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    skipped.add(object("alpha", ""), "why", false);
    EXPECT_EQ(skipped.count(), 1U);
    EXPECT_FALSE(skipped.all_named());
    EXPECT_FALSE(skipped.contains({"alpha", ""}));
}

TEST(SkippedObjectsTest, OneThatHasNoNameIsMissedByNoComparison) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    skipped.add(object("alpha", ""), "why", true);
    EXPECT_EQ(skipped.count(), 1U);
    EXPECT_TRUE(skipped.all_named());
}

TEST(SkippedObjectsTest, TheExampleIsTheLastOneAndGoesWithThem) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    skipped.add(object("alpha", "large"), "larger than 2 MiB");
    skipped.add(object("alpha", ""), std::string(1'000, 'x'));
    EXPECT_EQ(skipped.example(), "one without a name: " + std::string(300, 'x'));
    skipped.add_too_large(object("alpha", "large"));
    EXPECT_EQ(skipped.example(), "alpha/large: larger than 2 MiB");
    skipped.remove(object("alpha", "large"));
    EXPECT_EQ(skipped.example(), "alpha/large: larger than 2 MiB");
    skipped.clear();
    EXPECT_EQ(skipped.example(), "");
}

TEST(SkippedObjectsTest, SoManyNamesAreKept) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    for (size_t number = 0; number <= SkippedObjects::kMostNamed; ++number)
        skipped.add(object("alpha", std::to_string(number)), "why");
    EXPECT_EQ(skipped.count(), SkippedObjects::kMostNamed + 1);
    EXPECT_FALSE(skipped.all_named());

    skipped.clear();
    EXPECT_EQ(skipped.count(), 0U);
    EXPECT_TRUE(skipped.all_named());
}

size_t lines_of(const std::string& log) {
    return static_cast<size_t>(std::ranges::count(log, '\n'));
}

TEST(SkippedObjectsTest, OneIsLoggedOnce) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    testing::internal::CaptureStderr();
    for (int i = 0; i < 5; ++i) skipped.add(object("alpha", "large"), "why");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(lines_of(log), 1U) << log;
    for (const char* word : {"virtualmachinesnapshots", "alpha/large", "why"})
        EXPECT_NE(log.find(word), std::string::npos) << log;
}

TEST(SkippedObjectsTest, SoManyAreLoggedUntilTheNextList) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    testing::internal::CaptureStderr();
    for (size_t i = 0; i < 2 * SkippedObjects::kMostNamed; ++i)
        skipped.add(object("alpha", ""), "why");
    EXPECT_EQ(lines_of(testing::internal::GetCapturedStderr()), SkippedObjects::kMostNamed);
    skipped.clear();
    testing::internal::CaptureStderr();
    skipped.add(object("alpha", ""), "why");
    EXPECT_EQ(lines_of(testing::internal::GetCapturedStderr()), 1U);
}

TEST(SkippedObjectsTest, ChangesAreCounted) {
    SkippedObjects skipped("c", "virtualmachinesnapshots");
    skipped.clear();
    skipped.remove(object("alpha", "large"));
    EXPECT_EQ(skipped.changes(), 0U);
    skipped.add(object("alpha", "large"), "why");
    skipped.add(object("alpha", "large"), "why");
    EXPECT_EQ(skipped.changes(), 1U);
    skipped.remove(object("alpha", "large"));
    EXPECT_EQ(skipped.changes(), 2U);
    skipped.add(object("alpha", ""), "why");
    skipped.clear();
    EXPECT_EQ(skipped.changes(), 4U);
}

}  // namespace
}  // namespace snapgate::mirror

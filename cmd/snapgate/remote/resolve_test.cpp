#include "remote/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

using testing::HasSubstr;

const std::vector<Named> kClusters{{"5f1", "demo", {}},
                                   {"5f2", "edge", {}},
                                   {"demo-2", "5f1", {}},
                                   {"5f3", "twin", {}, "payments"},
                                   {"5f4", "twin", {}, "web"}};

TEST(ResolveTest, TakesANameOrAUid) {
    EXPECT_EQ(choose(Kind::kCluster, "edge", kClusters)->uid, "5f2");
    EXPECT_EQ(choose(Kind::kCluster, "5f2", kClusters)->name, "edge");
}

TEST(ResolveTest, AnExactUidWinsOverAName) {
    EXPECT_EQ(choose(Kind::kCluster, "5f1", kClusters)->name, "demo");
}

TEST(ResolveTest, AnAmbiguousNameSaysWhichThereAre) {
    auto chosen = choose(Kind::kCluster, "twin", kClusters);
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().exit, Exit::kRefused);
    EXPECT_THAT(chosen.error().message,
                HasSubstr("by --project: 5f3 (project payments), 5f4 (project web)"));
}

TEST(ResolveTest, AnUnknownNameSaysWhatThereIs) {
    auto chosen = choose(Kind::kCluster, "prod", kClusters);
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().exit, Exit::kRefused);
    EXPECT_THAT(chosen.error().message, HasSubstr("\"prod\""));
    EXPECT_THAT(chosen.error().message, HasSubstr("demo, edge"));
}

TEST(ResolveTest, SeveralNamesWithCommasAreTold) {
    const auto found = choose(Kind::kCluster, "demo,web-01", {{"u-1", "demo", "hosted"}});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message,
              "there is no cluster \"demo,web-01\": name one cluster here, not several with commas "
              "between them");
}

TEST(ResolveTest, SaysWhenThereIsNothingAtAll) {
    auto chosen = choose(Kind::kKey, "ci", {});
    ASSERT_FALSE(chosen);
    EXPECT_THAT(chosen.error().message, HasSubstr("may see no key"));
}

TEST(ResolveTest, LongListsAreCut) {
    std::vector<Named> many;
    many.reserve(30);
    for (int i = 0; i < 30; ++i)
        many.push_back({"u" + std::to_string(i), "n" + std::to_string(i), {}});
    auto chosen = choose(Kind::kProject, "x", many);
    ASSERT_FALSE(chosen);
    EXPECT_THAT(chosen.error().message, HasSubstr("and 20 more"));
    // "n29" comes behind those that are listed.
    chosen = choose(Kind::kProject, "n290", many);
    ASSERT_FALSE(chosen);
    EXPECT_THAT(chosen.error().message, HasSubstr("did you mean n2"));
}

}  // namespace
}  // namespace snapgate::cli

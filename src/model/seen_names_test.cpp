#include "model/seen_names.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::model {
namespace {

TEST(SeenNames, KnowsWhatWasAddedAndNothingElse) {
    SeenNames seen;
    EXPECT_FALSE(seen.has("a", "b"));
    for (int i = 0; i < 1000; ++i) seen.add("ns", std::to_string(i));
    EXPECT_TRUE(seen.has("ns", "0"));
    EXPECT_TRUE(seen.has("ns", "999"));
    EXPECT_FALSE(seen.has("ns", "1000"));
    EXPECT_FALSE(seen.has("n", "s0"));
    seen.add("", "late");
    EXPECT_TRUE(seen.has("", "late"));
    EXPECT_EQ(seen.size(), 1001U);
}

TEST(SeenNames, ANameThatComesAgainCountsOnce) {
    SeenNames seen;
    for (int i = 0; i < 200'000; ++i) seen.add("ns", std::to_string(i % 3));
    EXPECT_EQ(seen.size(), 3U);
}

}  // namespace
}  // namespace snapgate::model

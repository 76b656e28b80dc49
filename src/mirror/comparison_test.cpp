#include "mirror/comparison.h"

#include <gtest/gtest.h>

namespace snapgate::mirror {
namespace {

TEST(Comparison, WhatIsEqualIsEqualHoweverFarTheWatchIs) {
    for (const bool reached : {false, true}) {
        for (const bool patience : {false, true})
            EXPECT_EQ(judge({true, reached, patience}), Verdict::kEqual);
    }
}

TEST(Comparison, ADifferenceIsExplainedByEventsOrNotAtAll) {
    EXPECT_EQ(judge({false, false, true}), Verdict::kWait);
    // All events up to the list were told: none explains it.
    EXPECT_EQ(judge({false, true, true}), Verdict::kUnexplained);
    // A cluster where nothing else happens never tells the list's version.
    EXPECT_EQ(judge({false, false, false}), Verdict::kUnexplained);
}

TEST(Comparison, VersionsThatGoBack) {
    EXPECT_TRUE(went_back("4338", "4290"));
    EXPECT_FALSE(went_back("4338", "4338"));
    EXPECT_FALSE(went_back("4338", "4353"));
    EXPECT_FALSE(went_back("999", "1000"));
    // Texts that are no numbers have no order.
    EXPECT_FALSE(went_back("b", "a"));
    EXPECT_FALSE(went_back("", "7"));
}

}  // namespace
}  // namespace snapgate::mirror

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

}  // namespace
}  // namespace snapgate::mirror

#include "base/random_time.h"

#include <gtest/gtest.h>

#include <set>

namespace snapgate::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RandomTime, ReachesBothEnds) {
    std::set<seconds> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random_up_to(seconds(3)));
    EXPECT_EQ(seen, (std::set{seconds(0), seconds(1), seconds(2), seconds(3)}));
    EXPECT_EQ(random_up_to(seconds(0)), seconds(0));
}

TEST(RandomTime, SpreadTakesUpToATenthAway) {
    std::set<milliseconds> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(spread(milliseconds(45'000)));
    EXPECT_GE(*seen.begin(), milliseconds(40'500));
    EXPECT_LE(*seen.rbegin(), milliseconds(45'000));
    // Both outer quarters of the tenth come up.
    EXPECT_LT(*seen.begin(), milliseconds(41'625));
    EXPECT_GT(*seen.rbegin(), milliseconds(43'875));
    EXPECT_EQ(spread(milliseconds(0)), milliseconds(0));
}

}  // namespace
}  // namespace snapgate::base

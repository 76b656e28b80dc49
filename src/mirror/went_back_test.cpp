#include "mirror/went_back.h"

#include <gtest/gtest.h>

namespace snapgate::mirror {
namespace {

TEST(WentBack, IsSeenOfNumbersAlone) {
    EXPECT_TRUE(went_back("4338", "4290"));
    EXPECT_FALSE(went_back("4338", "4338"));
    EXPECT_FALSE(went_back("4338", "4353"));
    EXPECT_FALSE(went_back("999", "1000"));
    // Texts that are no numbers have no order.
    EXPECT_FALSE(went_back("b", "a"));
    EXPECT_FALSE(went_back("", "7"));
}

TEST(WentBack, LeadsToTheNewestListAtOnce) {
    const Setback setback = versions_went_back("4338", "4290");
    EXPECT_EQ(setback.reason, "VersionsWentBack");
    EXPECT_EQ(setback.message,
              "the cluster's versions went back, from 4338 to 4290: it was restored, or it is "
              "another one");
    EXPECT_EQ(setback.state, MirrorState::kSyncing);
    EXPECT_EQ(setback.next, Setback::Next::kRelistNewest);
    EXPECT_TRUE(setback.at_once);
    EXPECT_LT(versions_went_back(std::string(1'000, '9'), "7").message.size(), 200U);
}

}  // namespace
}  // namespace snapgate::mirror

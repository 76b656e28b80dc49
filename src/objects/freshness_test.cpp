#include "objects/freshness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapgate::objects {
namespace {

using base::Code;
using mirror::MirrorState;
using mirror::MirrorStatus;
using testing::HasSubstr;

MirrorStatus status(MirrorState state, int64_t confirmed_ms) {
    MirrorStatus status;
    status.state = state;
    status.has_synced = true;
    status.confirmed_ms = confirmed_ms;
    return status;
}

TEST(Freshness, AReadyMirrorIsNotStaleWhateverItsAge) {
    auto judged = judge_freshness(status(MirrorState::kReady, 1'000), "c", 0, 99'000);
    ASSERT_TRUE(judged);
    EXPECT_FALSE(judged->stale);
    EXPECT_EQ(judged->age_seconds, 98);
}

TEST(Freshness, AnotherSaysHowOldItIs) {
    MirrorStatus unreachable = status(MirrorState::kUnreachable, 10'000);
    unreachable.reason = "Refused";
    auto judged = judge_freshness(unreachable, "caf\xc3\xa9 \"x\"", 42, 52'999);
    ASSERT_TRUE(judged);
    EXPECT_TRUE(judged->stale);
    EXPECT_EQ(judged->age_seconds, 42);
    EXPECT_EQ(judged->text,
              "cluster caf?? ?x? is Unreachable (Refused): this is its state of 42 seconds ago");
    // The later of what is known, and never from the future.
    unreachable.synced_ms = 50'000;
    EXPECT_EQ(judge_freshness(unreachable, "c", {}, 52'999)->age_seconds, 2);
    EXPECT_EQ(judge_freshness(unreachable, "c", {}, 1'000)->age_seconds, 0);
}

TEST(Freshness, WhatIsTooOldIsRefused) {
    MirrorStatus failing = status(MirrorState::kFailing, 10'000);
    failing.message = "it answers 500";
    auto refused = judge_freshness(failing, "c", 41, 52'999);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kClusterTimeout);
    EXPECT_THAT(refused.error().message, HasSubstr("42 seconds"));
    EXPECT_THAT(refused.error().message, HasSubstr("max-age=41"));
    EXPECT_THAT(refused.error().message, HasSubstr("it answers 500"));
}

TEST(Freshness, WhatWasNeverSyncedIsUnavailable) {
    for (const MirrorState state : {MirrorState::kPending, MirrorState::kReady}) {
        MirrorStatus never = status(state, 1'000);
        never.has_synced = false;
        never.message = "no route to it";
        auto refused = judge_freshness(never, "c", {}, 2'000);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::kClusterUnavailable);
        EXPECT_THAT(refused.error().message, HasSubstr("no route to it"));
    }
}

}  // namespace
}  // namespace snapgate::objects

#include "mirror/liveness.h"

#include <gtest/gtest.h>

#include <vector>

namespace snapgate::mirror {
namespace {

using std::chrono::milliseconds;
using What = LivenessStep::What;

const Liveness::Clock::time_point kNow{milliseconds(1'000'000)};
constexpr ProbeTimes kTimes{milliseconds(10'000), milliseconds(300'000), milliseconds(1)};

Liveness watching(milliseconds silent, Doubt doubt = Doubt::kNone) {
    Liveness liveness;
    liveness.watching = true;
    liveness.doubt = doubt;
    liveness.heard = liveness.proved = kNow - silent;
    return liveness;
}

What step(const Liveness& liveness) {
    return next_step(liveness, kTimes, kNow).what;
}

TEST(Liveness, ASilentClusterIsAskedAfterAWhileAndNotBefore) {
    const auto early = next_step(watching(milliseconds(9'000)), kTimes, kNow);
    EXPECT_EQ(early.what, What::kWait);
    EXPECT_EQ(early.wait, milliseconds(1'000));
    EXPECT_EQ(step(watching(milliseconds(9'999))), What::kWait);
    EXPECT_EQ(step(watching(milliseconds(10'000))), What::kProbe);
    EXPECT_EQ(step(watching(milliseconds(3'600'000))), What::kProbe);
}

TEST(Liveness, AClusterThatIsHeardIsAskedSometimes) {
    Liveness heard = watching(milliseconds(4'000));
    heard.proved = kNow - milliseconds(295'000);
    const auto before = next_step(heard, kTimes, kNow);
    EXPECT_EQ(before.what, What::kWait);
    EXPECT_EQ(before.wait, milliseconds(5'000));
    heard.proved = kNow - milliseconds(300'000);
    EXPECT_EQ(step(heard), What::kProbe);
}

TEST(Liveness, ClustersAreAskedAtTheSameMoments) {
    // The clock stands at 1000 s: steps of 300 ms are at 999.9 s, at 1000.2 s, and so on.
    constexpr ProbeTimes kSteps{milliseconds(10'000), milliseconds(300'000), milliseconds(300)};
    for (const int silent : {9'901, 9'999, 10'000}) {
        SCOPED_TRACE(silent);
        EXPECT_EQ(next_step(watching(milliseconds(silent)), kSteps, kNow).what, What::kProbe);
    }
    for (const int silent : {9'501, 9'600, 9'799}) {
        SCOPED_TRACE(silent);
        const auto next = next_step(watching(milliseconds(silent)), kSteps, kNow);
        EXPECT_EQ(next.what, What::kWait);
        EXPECT_EQ(next.wait, milliseconds(200));
    }
}

TEST(Liveness, WhoAsksIsAnsweredByAProbeAtOnce) {
    Liveness asked = watching(milliseconds(0));
    asked.asked = true;
    EXPECT_EQ(step(asked), What::kProbe);
    asked.doubt = Doubt::kAnswer;
    EXPECT_EQ(step(asked), What::kProbe);
    for (const Doubt doubt : {Doubt::kContent, Doubt::kVersions}) {
        asked.doubt = doubt;
        EXPECT_EQ(step(asked), What::kRefuse);
    }
}

TEST(Liveness, WithoutAWatchNothingIsAskedAndNobodyWaitsForLong) {
    Liveness none;
    none.heard = kNow - milliseconds(3'600'000);
    EXPECT_EQ(step(none), What::kWait);
    none.asked = true;
    EXPECT_EQ(step(none), What::kRefuse);
    none.reopening = true;
    EXPECT_EQ(step(none), What::kWait);
}

TEST(Liveness, DoubtsAreLookedInto) {
    EXPECT_EQ(step(watching(milliseconds(0), Doubt::kAnswer)), What::kProbe);
    EXPECT_EQ(step(watching(milliseconds(0), Doubt::kContent)), What::kCompare);
    // The list that is needed is under way; until then there is nothing to ask.
    EXPECT_EQ(step(watching(milliseconds(60'000), Doubt::kVersions)), What::kWait);
    Liveness cut = watching(milliseconds(0));
    cut.probe_at_once = true;
    EXPECT_EQ(step(cut), What::kProbe);
}

TEST(Liveness, ABusyClusterIsLeftAloneUntilItHasTime) {
    for (const Doubt doubt : {Doubt::kNone, Doubt::kAnswer, Doubt::kContent}) {
        Liveness busy = watching(milliseconds(3'600'000), doubt);
        busy.probe_at_once = true;
        busy.busy_until = kNow + milliseconds(2'000);
        const auto wait = next_step(busy, kTimes, kNow);
        EXPECT_EQ(wait.what, What::kWait);
        EXPECT_EQ(wait.wait, milliseconds(2'000));
        busy.asked = true;
        EXPECT_EQ(step(busy), What::kRefuse);
        busy.asked = false;
        busy.busy_until = kNow;
        EXPECT_EQ(step(busy), doubt == Doubt::kContent ? What::kCompare : What::kProbe);
    }
}

TEST(Liveness, HowLongItWasAwaySaysWhatIsInDoubt) {
    struct Row {
        int64_t away;
        bool failed;
        Doubt doubt;
    };
    const std::vector<Row> rows = {
        {0, false, Doubt::kNone},        {5'000, false, Doubt::kNone},
        {0, true, Doubt::kAnswer},       {5'000, true, Doubt::kAnswer},
        {5'001, false, Doubt::kContent}, {86'400'000, true, Doubt::kContent}};
    for (const Row& row : rows) {
        EXPECT_EQ(doubt_after(milliseconds(row.away), milliseconds(5'000), row.failed), row.doubt)
            << row.away << row.failed;
    }
}

}  // namespace
}  // namespace snapgate::mirror

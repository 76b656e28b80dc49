#include "base/backoff.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsMostWithJitter) {
    Backoff backoff(milliseconds(800), milliseconds(30'000), milliseconds(120'000));
    Backoff::Clock::time_point now{};
    for (const int base : {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
        const milliseconds delay = backoff.next(now);
        EXPECT_GE(delay, milliseconds(base));
        EXPECT_LE(delay, milliseconds(2 * base));
        now += delay;
    }
}

TEST(Backoff, BeginsAnewAfterAQuietTime) {
    Backoff backoff(milliseconds(800), milliseconds(30'000), milliseconds(120'000));
    Backoff::Clock::time_point now{};
    for (int i = 0; i < 4; ++i) now += backoff.next(now);
    EXPECT_LE(backoff.next(now + milliseconds(120'001)), milliseconds(1600));
    EXPECT_GE(backoff.next(now + milliseconds(130'000)), milliseconds(1600));
    backoff.reset();
    EXPECT_LE(backoff.next(now + milliseconds(130'001)), milliseconds(1600));
}

}  // namespace
}  // namespace snapgate::base

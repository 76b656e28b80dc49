#include "mirror/read_share.h"

#include <gtest/gtest.h>

namespace snapgate::mirror {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kPiece = 256 << 10;
constexpr auto kWhole = static_cast<size_t>(ReadShare::kMostAtOnce);

TEST(ReadShareTest, ManyBytesAtOnceAndThenSoManyInASecond) {
    ReadShare::Clock::time_point now;
    ReadShare share(now);
    EXPECT_EQ(share.take(kWhole, now), milliseconds(0));
    // A cluster that sends without an end, and a reader that waits as it is told.
    const auto begun = now;
    int64_t read = 0;
    while (now < begun + seconds(60)) {
        now += share.take(kPiece, now);
        read += int64_t{kPiece};
    }
    EXPECT_GT(read, 59 * ReadShare::kMostInASecond);
    EXPECT_LT(read, 61 * ReadShare::kMostInASecond);
}

TEST(ReadShareTest, WhatIsNotUsedIsKeptUpToTheWhole) {
    ReadShare::Clock::time_point now;
    ReadShare share(now);
    share.take(kWhole, now);
    now += seconds(1);
    EXPECT_EQ(share.take(static_cast<size_t>(ReadShare::kMostInASecond), now), milliseconds(0));
    EXPECT_GT(share.take(kPiece, now), milliseconds(0));
    now += std::chrono::hours(24 * 365);
    EXPECT_EQ(share.take(kWhole, now), milliseconds(0));
    EXPECT_GT(share.take(kPiece, now), milliseconds(0));
}

}  // namespace
}  // namespace snapgate::mirror

#include "base/duration.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

using std::chrono::seconds;

TEST(DurationTest, ReadsWhatGoWritesAndDays) {
    EXPECT_EQ(*parse_duration("5m"), Millis(300000));
    EXPECT_EQ(*parse_duration("1h30m"), Millis(5400000));
    EXPECT_EQ(*parse_duration("1.5s"), Millis(1500));
    EXPECT_EQ(*parse_duration("90d"), Millis(90LL * 86400000));
    EXPECT_EQ(*parse_duration("250ms"), Millis(250));
    EXPECT_EQ(*parse_duration("0"), Millis(0));
}

TEST(DurationTest, RefusesEverythingElse) {
    for (const char* text : {"", "5", "m", "-5m", "5 m", "1x", "1.2.3s", ".s", "999999d", "1e3s"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(DurationTest, FormatsTheShortestText) {
    EXPECT_EQ(format_duration(Millis(300000)), "5m");
    EXPECT_EQ(format_duration(Millis(5400000)), "1h30m");
    EXPECT_EQ(format_duration(Millis(0)), "0s");
    EXPECT_EQ(format_duration(Millis(1250)), "1s250ms");
}

TEST(DurationTest, AgesLookLikeKubectls) {
    EXPECT_EQ(human_duration(seconds(45)), "45s");
    EXPECT_EQ(human_duration(seconds(119)), "119s");
    EXPECT_EQ(human_duration(seconds(312)), "5m12s");
    EXPECT_EQ(human_duration(seconds(3600)), "60m");
    EXPECT_EQ(human_duration(seconds(12000)), "3h20m");
    EXPECT_EQ(human_duration(seconds(7 * 86400 + 18 * 3600)), "7d18h");
    EXPECT_EQ(human_duration(seconds(120 * 86400)), "120d");
    EXPECT_EQ(human_duration(seconds((2 * 365 + 30) * 86400)), "2y30d");
    EXPECT_EQ(human_duration(seconds(-10)), "<invalid>");
}

}  // namespace
}  // namespace snapgate::base

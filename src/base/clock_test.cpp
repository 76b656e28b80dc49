#include "base/clock.h"

#include <gtest/gtest.h>

namespace snapgate::base {
namespace {

TEST(ClockTest, TimesAreWrittenAndRead) {
    for (const int64_t ms :
         {int64_t{0}, int64_t{1'799'999'999'000}, int64_t{-86'400'000}, int64_t{951'782'400'000}})
        EXPECT_EQ(parse_rfc3339(format_rfc3339(ms)), ms);
    EXPECT_EQ(format_rfc3339(951'782'400'000), "2000-02-29T00:00:00Z");
    EXPECT_EQ(format_rfc3339(951'868'799'999), "2000-02-29T23:59:59Z");
    EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59Z");
    EXPECT_EQ(format_rfc3339(-62'135'596'800'000), "0001-01-01T00:00:00Z");
    EXPECT_EQ(format_rfc3339(253'402'300'799'000), "9999-12-31T23:59:59Z");
}

TEST(ClockTest, FractionsAndZones) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z"), 1500);
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.123456789Z"), 1123);
    EXPECT_EQ(parse_rfc3339("1970-01-01T01:00:00+01:00"), 0);
    EXPECT_EQ(parse_rfc3339("1969-12-31T19:30:00-04:30"), 0);
    EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z"), -62'135'596'800'000);
}

TEST(ClockTest, WhatIsNoTime) {
    for (const char* text :
         {"", "2026", "2026-11-04", "2026-11-04T14:19:06", "2026-11-04 14:19:06Z",
          "2026-13-04T14:19:06Z", "2026-02-30T14:19:06Z", "2026-11-04T24:00:00Z",
          "2026-11-04T14:60:06Z", "2026-11-04T14:19:60Z", "2026-11-04T14:19:06.Z",
          "2026-11-04T14:19:06+1:00", "2026-11-04T14:19:06+24:00", "2026-11-04T14:19:06Zx",
          "2026-11-04T14:19:06z", "+026-11-04T14:19:06Z", "2026-11-04T14:19:06+01:00x"})
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

}  // namespace
}  // namespace snapgate::base

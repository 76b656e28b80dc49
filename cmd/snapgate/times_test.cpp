#include "times.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(TimesTest, ReadsRfc3339) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_rfc3339("2026-11-18T02:42:41Z"), 1794969761);
    EXPECT_EQ(parse_rfc3339("2026-11-18T03:42:41+01:00"), 1794969761);
    EXPECT_EQ(parse_rfc3339("2026-11-17T21:12:41.123456789-05:30"), 1794969761);
    EXPECT_EQ(parse_rfc3339("2024-02-29t00:00:00z"), 1709164800);
}

TEST(TimesTest, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "yesterday", "2026-11-18", "2026-11-18T02:42:41", "2026-13-01T00:00:00Z",
          "2026-02-29T00:00:00Z", "2026-11-18T25:00:00Z", "2026-11-18T02:42:41.Z",
          "2026-11-18T02:42:41Zx", "2026-11-18T02:42:41+1:00", "-026-11-18T02:42:41Z"})
        EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(TimesTest, AgesAreKubectls) {
    EXPECT_EQ(age_of("2026-11-18T02:42:41Z", 1794969761 + 312), "5m12s");
    EXPECT_EQ(age_of("", 0), "<unknown>");
    EXPECT_EQ(age_of("soon", 0), "<unknown>");
}

TEST(TimesTest, LocalTimesHaveTheFormOfThisOne) {
    EXPECT_EQ(format_local(1794969761).size(), std::string("2026-11-18T02:42").size());
    EXPECT_EQ(format_local(INT64_MAX), "<invalid>");
}

}  // namespace
}  // namespace snapgate::cli

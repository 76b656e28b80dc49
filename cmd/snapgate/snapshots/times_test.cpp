#include "snapshots/times.h"

#include <gtest/gtest.h>

namespace snapgate::cli {
namespace {

TEST(TimesTest, AgesAreKubectls) {
    EXPECT_EQ(age_of("2026-11-18T02:42:41Z", 1794969761 + 312), "5m12s");
    EXPECT_EQ(age_of("", 0), "<unknown>");
    EXPECT_EQ(age_of("soon", 0), "<unknown>");
}

TEST(TimesTest, LocalTimesHaveTheFormOfThisOne) {
    EXPECT_EQ(format_local(1794969761000).size(), std::string("2026-11-18T02:42").size());
}

}  // namespace
}  // namespace snapgate::cli

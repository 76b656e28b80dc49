#include "cluster/imports.h"

#include <gtest/gtest.h>

#include <string_view>

#include "cluster/registry.h"

namespace snapgate::cluster {
namespace {

constexpr int64_t kHour = 3'600'000;

TEST(ImportsTest, AnImportIsLateOnceOneIsExpected) {
    Imports imports;
    EXPECT_FALSE(imports.overdue(10 * kHour, 1000 * kHour));
    imports.expected_every = base::Millis(24 * kHour);
    EXPECT_FALSE(imports.overdue(10 * kHour, 34 * kHour));
    EXPECT_TRUE(imports.overdue(10 * kHour, 34 * kHour + 1));
    // Whoever says so later gives the next one as much time.
    imports.expected_since_ms = 30 * kHour;
    EXPECT_FALSE(imports.overdue(10 * kHour, 54 * kHour));
    EXPECT_TRUE(imports.overdue(10 * kHour, 54 * kHour + 1));
    // The first one, too.
    EXPECT_FALSE(imports.overdue(0, 54 * kHour));
    EXPECT_TRUE(imports.overdue(0, 54 * kHour + 1));
}

// No time that was stored while the clock was ahead hides that imports are missing.
TEST(ImportsTest, ATimeThatLiesAheadIsPassedOver) {
    constexpr int64_t kNow = 1'000'000 * kHour;
    constexpr int64_t kAhead = kNow + 400 * 24 * kHour;
    Imports imports;
    EXPECT_FALSE(imports.overdue(kAhead, kNow));
    imports.expected_every = base::Millis(24 * kHour);
    imports.expected_since_ms = kNow - 2 * kHour;
    EXPECT_FALSE(imports.overdue(kAhead, kNow)) << "since it was said, there was no time for one";
    EXPECT_TRUE(imports.overdue(kAhead, kNow + 23 * kHour));
    imports.expected_since_ms = kAhead;
    EXPECT_TRUE(imports.overdue(kAhead, kNow));
    EXPECT_TRUE(imports.overdue(0, kNow));
    EXPECT_FALSE(imports.overdue(kNow, kNow)) << "the next import is known again";
    EXPECT_FALSE(imports.overdue(kNow - 24 * kHour, kNow));
    EXPECT_TRUE(imports.overdue(kNow - 24 * kHour - 1, kNow));
    // A minute is no difference.
    imports.expected_since_ms = 0;
    EXPECT_FALSE(imports.overdue(kNow + 60'000, kNow));
    EXPECT_TRUE(imports.overdue(kNow + 60'001, kNow));
    // A clock that is behind does no lasting harm.
    EXPECT_TRUE(imports.overdue(kNow, kNow - 400 * 24 * kHour));
    EXPECT_FALSE(imports.overdue(kNow, kNow));
}

TEST(ImportsTest, AnImportThatLiesAheadIsNotToldOf) {
    Cluster cluster;
    cluster.imported_ms = 100 * kHour;
    EXPECT_EQ(cluster.imported_by(101 * kHour), 100 * kHour);
    EXPECT_EQ(cluster.imported_by(100 * kHour - 60'000), 100 * kHour);
    EXPECT_EQ(cluster.imported_by(100 * kHour - 60'001), 0);
}

TEST(ImportsTest, ARecordKeepsThem) {
    Cluster cluster;
    cluster.name = "demo";
    cluster.project = "p";
    cluster.number = 7;
    EXPECT_EQ(cluster.record().find("imports"), std::string::npos);
    cluster.imports.expected_every = base::Millis(kHour);
    cluster.imports.expected_since_ms = 5;
    cluster.imports.last = {"nightly", "0123456789ab", {1, 2, 3, 4, 5, 6}};
    const auto read = Cluster::parse("demo", cluster.record());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->record(), cluster.record());
    EXPECT_EQ(read->imports.last.by, "nightly");
    EXPECT_EQ(read->imports.last.counts.pruned, 5U);
    EXPECT_EQ(read->imports.last.counts.refused, 6U);
    for (const std::string_view imports :
         {"7", R"({"expectedSinceMs":-1})", R"({"created":"1"})"}) {
        const std::string record =
            R"({"name":"a","projectUid":"p","type":"hosted","number":7,"imports":)" +
            std::string(imports) + "}";
        EXPECT_FALSE(Cluster::parse("demo", record)) << imports;
    }
}

TEST(ImportsTest, WhatIsExpectedIsBounded) {
    for (const std::string_view good : {"1s", "24h", "366d"})
        EXPECT_TRUE(expected_every_of(good, "expectedEvery")) << good;
    for (const std::string_view bad : {"", "0", "999ms", "367d", "daily", "24"}) {
        const auto every = expected_every_of(bad, "expectedEvery");
        ASSERT_FALSE(every) << bad;
        EXPECT_EQ(every.error().subject, "expectedEvery");
    }
}

}  // namespace
}  // namespace snapgate::cluster

#include "query/fleet_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "query/fleet_testing.h"

namespace snapgate::query {
namespace {

using testing::ElementsAre;

constexpr SortOrder kNewestFirst{SortField::kFinished, true};
constexpr SortOrder kOldestFirst{SortField::kFinished, false};
constexpr size_t kEnough = FleetWalk::kStepRows;

// The clusters a, b, c, d; of each a test knows which snapshots there are by when they failed.
class FleetSpansTest : public testing::Test {
  protected:
    FleetSpansTest() {
        for (const char* uid : {"a", "b", "c", "d"}) {
            if (!fleet_.create(uid, uid, "p")) throw std::runtime_error("no cluster");
        }
    }

    void put(const std::string& uid, int64_t failed) {
        TestSnapshot snapshot;
        snapshot.ns = "ns";
        snapshot.name = fmt::format("s{}", failed);
        snapshot.phase = failed == 0 ? "InProgress" : "Failed";
        snapshot.failed = failed;
        ASSERT_TRUE(fleet_.write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(fleet_.clusters.at(uid).number, model::Kind::kSnapshot,
                                 snapshot.prepare()));
            return {};
        }));
    }
    FleetListing listing(const std::vector<std::string>& clusters = {}) {
        FleetListing listing(fleet_.context(), fleet_.fleet(), std::string(16, 'q'), clusters);
        EXPECT_TRUE(listing.begin(fleet_.store().read(), "", fleet_.now()));
        return listing;
    }
    // Has the index make the blocks of all clusters.
    void make_blocks() {
        const FleetListing all = listing();
        FleetWalk walk(FleetWalk::Needs::kFacts);
        const auto none = [](const FleetRow&) -> base::Result<store::Step> {
            return store::Step::kOn;
        };
        ASSERT_TRUE(walk.step(fleet_.store().read(), all, {}, none).value());
    }
    FleetSpansLoad load(const FleetListing& listing) {
        FleetSpansLoad load;
        EXPECT_TRUE(load.step(fleet_.store().read(), listing, kEnough).value());
        return load;
    }

    TestFleet fleet_{true};
};

TEST_F(FleetSpansTest, TheClusterOfTheFirstRowComesFirst) {
    put("a", 2000);
    put("a", 9000);
    put("b", 3000);
    put("b", 0);
    put("d", 1000);
    make_blocks();
    const FleetListing all = listing();
    const FleetSpansLoad known = load(all);
    ASSERT_NE(known.spans(), nullptr);
    EXPECT_EQ(known.spans()->of(0).all.finished.first, 2000U);
    EXPECT_EQ(known.spans()->of(0).special.finished.last, 9000U);
    EXPECT_THAT(known.clusters_by(all, kNewestFirst, true), ElementsAre(0, 1, 3, 2));
    EXPECT_THAT(known.clusters_by(all, kOldestFirst, true), ElementsAre(3, 0, 1, 2));
    const FleetListing some = listing({"b", "d"});
    EXPECT_THAT(load(some).clusters_by(some, kOldestFirst, false), ElementsAre(1, 0));
}

TEST_F(FleetSpansTest, OnlyWhatHasChangedIsReadAgain) {
    put("a", 1000);
    make_blocks();
    const FleetSpansLoad before = load(listing());
    ASSERT_NE(before.spans(), nullptr);
    EXPECT_EQ(load(listing()).spans(), before.spans());
    put("b", 5000);
    put("a", 4000);
    const FleetSpansLoad after = load(listing());
    ASSERT_NE(after.spans(), nullptr);
    EXPECT_EQ(after.spans()->of(0).special.finished.last, 4000U);
    EXPECT_EQ(after.spans()->of(1).special.finished.last, 5000U);
    EXPECT_EQ(after.spans()->of(2).revision, before.spans()->of(2).revision);
}

TEST_F(FleetSpansTest, AStateThatIsPastHasNoneAnyMore) {
    put("a", 1000);
    make_blocks();
    const FleetListing past = listing();
    put("a", 2000);
    ASSERT_NE(load(listing()).spans(), nullptr);
    EXPECT_EQ(load(past).spans(), nullptr);
}

TEST_F(FleetSpansTest, WithoutTheBlocksThereAreNone) {
    put("a", 1000);
    EXPECT_EQ(load(listing()).spans(), nullptr);
}

TEST_F(FleetSpansTest, ManyClustersTakeSteps) {
    put("a", 1000);
    make_blocks();
    const FleetListing all = listing();
    FleetSpansLoad known;
    EXPECT_FALSE(known.step(fleet_.store().read(), all, 3 * Listing::kRowsOfCluster).value());
    EXPECT_TRUE(known.step(fleet_.store().read(), all, 3 * Listing::kRowsOfCluster).value());
    ASSERT_NE(known.spans(), nullptr);
    EXPECT_EQ(known.spans()->of(0).all.finished.last, 1000U);
}

TEST_F(FleetSpansTest, AWalkGoesOverTheClustersInThatOrderUntilItMayEnd) {
    put("a", 2000);
    put("b", 3000);
    put("c", 1000);
    make_blocks();
    const FleetListing all = listing();
    FleetWalk walk(FleetWalk::Needs::kFacts);
    walk.go_over(load(all).clusters_by(all, kNewestFirst, true));
    std::vector<std::string> seen;
    const auto see = [&](const FleetRow& row) -> base::Result<store::Step> {
        seen.emplace_back(row.name);
        return store::Step::kOn;
    };
    const auto show_rows = [](size_t, const std::shared_ptr<const FactsBlock>&) {
        return base::Result<size_t>(0);
    };
    ASSERT_TRUE(walk.step(fleet_.store().read(), all, {}, see, show_rows,
                          [](size_t cluster) { return cluster != 2; })
                    .value());
    EXPECT_THAT(seen, ElementsAre("s3000", "s2000"));
}

}  // namespace
}  // namespace snapgate::query

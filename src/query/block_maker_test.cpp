#include "query/block_maker.h"

#include <gtest/gtest.h>

#include <thread>

#include "query/fleet_testing.h"

namespace snapgate::query {
namespace {

class BlockMakerTest : public testing::Test {
  protected:
    void create(const std::string& uid, int snapshots) {
        ASSERT_TRUE(fleet_.create(uid, uid, "p"));
        numbers_.push_back(fleet_.clusters.at(uid).number);
        for (int i = 0; i < snapshots; ++i) put(uid, fmt::format("s{}", i));
    }
    void put(const std::string& uid, const std::string& name) {
        TestSnapshot snapshot;
        snapshot.ns = "ns";
        snapshot.name = name;
        snapshot.vm = "vm";
        snapshot.phase = "Succeeded";
        ASSERT_TRUE(fleet_.write([&](store::WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.put(fleet_.clusters.at(uid).number, model::Kind::kSnapshot,
                                 snapshot.prepare()));
            return {};
        }));
    }
    std::unique_ptr<BlockMaker> start() {
        return BlockMaker::start(fleet_.store(), *fleet_.context().index, numbers_);
    }
    // The block of a cluster's newest state; null if there is none.
    std::shared_ptr<const FactsBlock> block_of(model::ClusterNumber cluster) {
        const store::ReadView view = fleet_.store().read();
        return fleet_.context()
            .index->snapshots.find(view, cluster, view.head(cluster).value()->revision)
            .value();
    }
    std::shared_ptr<const FactsBlock> wait_for(model::ClusterNumber cluster) {
        while (true) {
            if (auto block = block_of(cluster)) return block;
            std::this_thread::yield();
        }
    }

    TestFleet fleet_{true};
    std::vector<model::ClusterNumber> numbers_;
};

TEST_F(BlockMakerTest, MakesTheBlockOfEachCluster) {
    create("a", 3);
    create("b", 0);
    create("c", 2);
    ASSERT_EQ(block_of(numbers_[0]), nullptr);
    const auto maker = start();
    EXPECT_EQ(wait_for(numbers_[0])->rows(), 3U);
    EXPECT_EQ(wait_for(numbers_[1])->rows(), 0U);
    EXPECT_EQ(wait_for(numbers_[2])->rows(), 2U);
}

TEST_F(BlockMakerTest, AnIndexHasOneAtATime) {
    create("a", 1);
    auto maker = start();
    ASSERT_NE(maker, nullptr);
    EXPECT_EQ(start(), nullptr);
    maker.reset();
    EXPECT_NE(start(), nullptr);
}

TEST_F(BlockMakerTest, WhatWasMadeMeanwhileStays) {
    create("a", 2);
    start();  // ends at once, or when it is done
    put("a", "another");
    const auto maker = start();
    const auto block = wait_for(numbers_[0]);
    EXPECT_EQ(block->rows(), 3U);
    EXPECT_EQ(block->place(0).second, "another");
}

TEST_F(BlockMakerTest, AClusterThatIsGoneIsPassedOver) {
    create("a", 1);
    create("b", 1);
    ASSERT_TRUE(fleet_.drop("b"));
    const auto maker = start();
    EXPECT_EQ(wait_for(numbers_[0])->rows(), 1U);
}

}  // namespace
}  // namespace snapgate::query

#include "net/server/byte_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace snapgate::net {
namespace {

TEST(ByteBudgetTest, GivesUpToItsBound) {
    ByteBudget budget(100);
    EXPECT_TRUE(budget.take(60));
    EXPECT_FALSE(budget.take(41));
    EXPECT_FALSE(budget.take(UINT64_MAX));
    EXPECT_TRUE(budget.take(40));
    EXPECT_EQ(budget.held(), 100U);
    budget.give(60);
    EXPECT_TRUE(budget.take(60));
}

TEST(ByteBudgetTest, WhatWasTakenAnywayCounts) {
    ByteBudget budget(100);
    budget.take_anyway(150);
    EXPECT_EQ(budget.held(), 150U);
    EXPECT_FALSE(budget.take(1));
    budget.give(51);
    EXPECT_TRUE(budget.take(1));
}

TEST(ByteBudgetTest, ThreadsTogetherTakeNoMore) {
    constexpr uint64_t kMost = 1000;
    ByteBudget budget(kMost);
    std::atomic<bool> more = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20'000; ++round) {
                if (!budget.take(300)) continue;
                if (budget.held() > kMost) more = true;
                budget.give(300);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(more);
    EXPECT_EQ(budget.held(), 0U);
}

}  // namespace
}  // namespace snapgate::net

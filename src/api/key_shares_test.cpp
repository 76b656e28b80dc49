#include "api/key_shares.h"

#include <gtest/gtest.h>

namespace snapgate::api {
namespace {

TEST(KeySharesTest, AKeyHasSoManyRequestsUnderWay) {
    const auto shares = std::make_shared<KeyShares>(KeyLimits{.bytes = 100, .requests = 2});
    auto first = KeyShares::enter(shares, "a").value();
    const auto second = KeyShares::enter(shares, "a").value();
    const auto third = KeyShares::enter(shares, "a");
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, base::Code::kTooManyRequests);
    EXPECT_TRUE(KeyShares::enter(shares, "b"));
    // One that rests makes room.
    EXPECT_TRUE(first->rest(0));
    const auto fourth = KeyShares::enter(shares, "a");
    EXPECT_TRUE(fourth);
    first.reset();
    EXPECT_FALSE(KeyShares::enter(shares, "a"));
}

TEST(KeySharesTest, TheSelectorsOfAKeysWatchesHaveSoManyTerms) {
    const auto shares =
        std::make_shared<KeyShares>(KeyLimits{.bytes = 100, .requests = 2, .terms = 10});
    auto first = KeyShares::enter(shares, "a").value();
    EXPECT_TRUE(first->rest(7));
    auto second = KeyShares::enter(shares, "a").value();
    const auto refused = second->rest(4);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kTooManyRequests);
    EXPECT_EQ(shares->refused(), 1U);
    // It still has its place, which is free once it has ended.
    const auto third = KeyShares::enter(shares, "a").value();
    EXPECT_FALSE(KeyShares::enter(shares, "a"));
    second.reset();
    const auto fourth = KeyShares::enter(shares, "a").value();
    EXPECT_TRUE(fourth->rest(3));
    EXPECT_TRUE(KeyShares::enter(shares, "b").value()->rest(10));
    EXPECT_FALSE(third->rest(1));
    first.reset();
    EXPECT_TRUE(third->rest(7));
}

TEST(KeySharesTest, TheRequestsOfAKeyShareItsBytes) {
    const auto shares = std::make_shared<KeyShares>(KeyLimits{.bytes = 100, .requests = 9});
    const auto first = KeyShares::enter(shares, "a").value();
    const auto second = KeyShares::enter(shares, "a").value();
    const auto other = KeyShares::enter(shares, "b").value();
    EXPECT_TRUE(first->bytes().take(80));
    EXPECT_FALSE(second->bytes().take(21));
    EXPECT_TRUE(other->bytes().take(100));
    first->bytes().give(80);
    other->bytes().give(100);
}

}  // namespace
}  // namespace snapgate::api

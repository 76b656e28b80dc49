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
    // One that rests makes room, and gives nothing back twice.
    first->rest();
    first->rest();
    const auto fourth = KeyShares::enter(shares, "a");
    EXPECT_TRUE(fourth);
    first.reset();
    EXPECT_FALSE(KeyShares::enter(shares, "a"));
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

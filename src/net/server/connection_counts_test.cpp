#include "net/server/connection_counts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace snapgate::net {
namespace {

PeerNetwork peer(const std::string& address) {
    return PeerNetwork::of(boost::asio::ip::make_address(address));
}

TEST(PeerNetworkTest, IsAnAddressOrTheNetworkOfAMachine) {
    EXPECT_EQ(peer("10.0.0.1"), peer("::ffff:10.0.0.1"));
    EXPECT_NE(peer("10.0.0.1"), peer("10.0.0.2"));
    EXPECT_EQ(peer("fd00::1"), peer("fd00::ffff:0:0:2"));
    EXPECT_NE(peer("fd00::1"), peer("fd00:0:0:1::1"));
}

TEST(ConnectionCountsTest, APeerAboveItsShareIsRefusedFirst) {
    ConnectionCounts counts({.served = 4, .of_peer = 2, .refused = 3, .refused_of_peer = 1});
    const auto many = peer("10.0.0.1");
    const auto other = peer("10.0.0.2");
    std::vector<Entrant> entered;
    const auto enter = [&](const std::optional<PeerNetwork>& from) {
        const auto entrant = counts.enter(from);
        if (entrant) entered.push_back(*entrant);
        return !entrant ? "closed" : entrant->admission == Admission::kServe ? "served" : "refused";
    };
    EXPECT_STREQ(enter(many), "served");
    EXPECT_STREQ(enter(many), "served");
    EXPECT_STREQ(enter(many), "refused");
    // It does not take all places from which health is answered.
    EXPECT_STREQ(enter(many), "closed");
    EXPECT_STREQ(enter(other), "served");
    EXPECT_STREQ(enter(other), "served");
    EXPECT_STREQ(enter(other), "refused");
    EXPECT_EQ(counts.open(), 4U);
    EXPECT_EQ(counts.refused(), 3U);
    // A proxy has no share of its own, but the cap holds for it.
    EXPECT_STREQ(enter(std::nullopt), "refused");
    EXPECT_STREQ(enter(std::nullopt), "closed");
    for (const Entrant& entrant : entered) counts.leave(entrant);
    EXPECT_EQ(counts.open(), 0U);
    EXPECT_EQ(counts.alive(), 0U);
    entered.clear();
    for (int i = 0; i < 4; ++i) EXPECT_STREQ(enter(std::nullopt), "served");
}

TEST(ConnectionCountsTest, WithoutABoundAPeerMayHaveAllPlaces) {
    ConnectionCounts counts({.served = 3, .of_peer = 0, .refused = 0, .refused_of_peer = 0});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(counts.enter(peer("10.0.0.1")));
    EXPECT_FALSE(counts.enter(peer("10.0.0.1")));
}

}  // namespace
}  // namespace snapgate::net

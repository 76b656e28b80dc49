#include "net/server/connection_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
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

// What is done with those who come, and who has to go for them.
class ConnectionCountsTest : public testing::Test {
  protected:
    void start(const ConnectionCaps& caps) { counts_.emplace(caps); }

    // "closed", "served", or "refused", of which they have numbers from 1, with who is displaced.
    std::string enter(const std::optional<PeerNetwork>& from) {
        const auto [entrant, displaced] = counts_->enter(from, nullptr);
        if (!entrant) return "closed";
        entered_.push_back(*entrant);
        if (entrant->admission == Admission::kServe) return "served";
        return displaced ? "refused for " + std::to_string(displaced->refusal) : "refused";
    }
    // The one with a number of those refused.
    const Entrant& refused(uint64_t number) const {
        return *std::ranges::find(entered_, number, &Entrant::refusal);
    }
    void leave(std::initializer_list<uint64_t> numbers) {
        for (const uint64_t number : numbers) {
            counts_->leave(refused(number));
            std::erase_if(entered_, [&](const Entrant& one) { return one.refusal == number; });
        }
    }
    void all_leave() {
        for (const Entrant& entrant : entered_) counts_->leave(entrant);
        entered_.clear();
    }

    std::optional<ConnectionCounts> counts_;
    std::vector<Entrant> entered_;
    const PeerNetwork many_ = peer("10.0.0.1");
    const PeerNetwork other_ = peer("10.0.0.2");
};

TEST_F(ConnectionCountsTest, APeerAboveItsShareIsRefusedFirst) {
    start({.served = 4, .of_peer = 2, .refused = 3, .refused_of_peer = 1});
    EXPECT_EQ(enter(many_), "served");
    EXPECT_EQ(enter(many_), "served");
    EXPECT_EQ(enter(many_), "refused");
    // It does not take all places from which health is answered.
    EXPECT_EQ(enter(many_), "refused for 1");
    EXPECT_EQ(enter(other_), "served");
    EXPECT_EQ(enter(other_), "served");
    EXPECT_EQ(enter(other_), "refused");
    EXPECT_EQ(counts_->open(), 4U);
    EXPECT_EQ(counts_->refused(), 3U);
    // A proxy has no share of its own, but the cap holds for it.
    EXPECT_EQ(enter(std::nullopt), "refused");
    EXPECT_EQ(enter(std::nullopt), "refused for 2");
    all_leave();
    EXPECT_EQ(counts_->open(), 0U);
    EXPECT_EQ(counts_->alive(), 0U);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(enter(std::nullopt), "served");
}

TEST_F(ConnectionCountsTest, WithoutABoundAPeerMayHaveAllPlaces) {
    start({.served = 3, .of_peer = 0, .refused = 0, .refused_of_peer = 0});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(enter(many_), "served");
    EXPECT_EQ(enter(many_), "closed");
    EXPECT_EQ(enter(other_), "closed");
}

TEST_F(ConnectionCountsTest, TheOldestOfWhoHasMostPlacesMakesRoom) {
    start({.served = 0, .of_peer = 0, .refused = 5, .refused_of_peer = 3});
    EXPECT_EQ(enter(other_), "refused");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(enter(many_), "refused");
    EXPECT_EQ(enter(std::nullopt), "refused");
    const auto third = peer("10.0.0.3");
    EXPECT_EQ(enter(third), "refused for 2");
    EXPECT_EQ(enter(many_), "refused for 3");
    // Who has one place keeps it, however often others come.
    EXPECT_FALSE(counts_->begin_answer(refused(2)));
    leave({2, 3});
    for (uint64_t i = 0; i < 10; ++i) {
        EXPECT_EQ(enter(many_), "refused for " + std::to_string(i == 0 ? 4 : i + 6));
        leave({i == 0 ? 4 : i + 6});
    }
    EXPECT_TRUE(counts_->begin_answer(refused(1)));
    EXPECT_TRUE(counts_->begin_answer(refused(6)));
    all_leave();
    EXPECT_EQ(counts_->alive(), 0U);
}

TEST_F(ConnectionCountsTest, WhoIsBeingAnsweredKeepsThePlace) {
    start({.served = 0, .of_peer = 0, .refused = 2, .refused_of_peer = 2});
    EXPECT_EQ(enter(many_), "refused");
    EXPECT_EQ(enter(other_), "refused");
    EXPECT_TRUE(counts_->begin_answer(refused(1)));
    EXPECT_EQ(enter(many_), "refused for 2");
    EXPECT_TRUE(counts_->begin_answer(refused(3)));
    EXPECT_EQ(enter(other_), "closed");
    // An answer that was sent is no reason to keep a place until the client closes.
    counts_->end_answer(refused(1));
    EXPECT_EQ(enter(other_), "refused for 1");
    all_leave();
    EXPECT_EQ(counts_->alive(), 0U);
}

TEST_F(ConnectionCountsTest, NoMoreAreDisplacedThanThereArePlaces) {
    start({.served = 0, .of_peer = 0, .refused = 2, .refused_of_peer = 2});
    EXPECT_EQ(enter(many_), "refused");
    EXPECT_EQ(enter(many_), "refused");
    EXPECT_EQ(enter(many_), "refused for 1");
    EXPECT_EQ(enter(many_), "refused for 2");
    // Their files are open until their threads have closed them.
    EXPECT_EQ(enter(other_), "closed");
    counts_->leave(refused(1));
    EXPECT_EQ(enter(other_), "refused for 3");
}

}  // namespace
}  // namespace snapgate::net

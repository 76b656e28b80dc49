#include "etcd/lease.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "etcd/cluster_testing.h"
#include "etcd/requests_testing.h"

namespace snapgate::etcd {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kTtl{2};  // the shortest that etcd gives

Txn put_with(int64_t lease) {
    Txn txn;
    txn.then_ops = {Put{"leader", "me", lease}};
    return txn;
}

TEST(EtcdLease, IsKeptUntilItIsRevoked) {
    const TestCluster cluster;
    const auto client = cluster.client();
    std::atomic<bool> lost = false;
    const auto lease = client->grant({.ttl = kTtl, .lost = [&] { lost = true; }}).value();
    ASSERT_TRUE(client->commit(put_with(lease->id())));
    // Twice the time that etcd keeps it without a sign of life.
    const auto later = in(2 * kTtl);
    while (std::chrono::steady_clock::now() < later) {
        ASSERT_TRUE(lease->held());
        std::this_thread::sleep_for(50ms);
    }
    const auto range = client->range(all_with("leader"));
    ASSERT_EQ(range.value().kvs.size(), 1U);
    EXPECT_EQ(range->kvs[0].lease, lease->id());

    ASSERT_TRUE(lease->revoke());
    EXPECT_FALSE(lease->held());
    EXPECT_EQ(client->range(all_with("leader")).value().count, 0);
    EXPECT_TRUE(lease->revoke()) << "a second time";
    EXPECT_FALSE(lost);
}

TEST(EtcdLease, SaysThatEtcdRevokedIt) {
    const TestCluster cluster;
    const auto client = cluster.client();
    std::promise<void> lost;
    const auto lease = client->grant({.ttl = kTtl, .lost = [&] { lost.set_value(); }}).value();
    cluster.post(0, "/v3/lease/revoke", "{\"ID\": \"" + std::to_string(lease->id()) + "\"}");
    ASSERT_EQ(lost.get_future().wait_for(30s), std::future_status::ready);
    EXPECT_FALSE(lease->held());
    EXPECT_EQ(client->commit(put_with(lease->id())).error().code, ErrorCode::kNotFound);
}

TEST(EtcdLease, IsLostWhenNobodyAnswers) {
    TestCluster cluster;
    const auto client = cluster.client();
    std::promise<Lease::Time> lost;
    const auto lease =
        client
            ->grant(
                {.ttl = kTtl, .lost = [&] { lost.set_value(std::chrono::steady_clock::now()); }})
            .value();
    const Lease::Time until = lease->held_until();
    cluster.kill(0);
    auto told = lost.get_future();
    ASSERT_EQ(told.wait_for(30s), std::future_status::ready);
    EXPECT_GE(told.get(), until);
    EXPECT_FALSE(lease->held());
}

TEST(EtcdLease, OutlivesTheMemberThatGaveIt) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    std::atomic<bool> lost = false;
    const auto lease = client->grant({.ttl = 10s, .lost = [&] { lost = true; }}).value();
    ASSERT_TRUE(client->commit(put_with(lease->id())));
    cluster.kill(0);
    const Lease::Time until = lease->held_until();
    const auto give_up = in(30s);
    while (lease->held_until() <= until && std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(50ms);
    EXPECT_GT(lease->held_until(), until);
    EXPECT_FALSE(lost);
}

}  // namespace
}  // namespace snapgate::etcd

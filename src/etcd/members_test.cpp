#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "etcd/cluster_testing.h"
#include "etcd/requests_testing.h"

// What a client of several members sees while they fail.
namespace snapgate::etcd {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(EtcdMembers, OneMayDie) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    cluster.kill(0);
    cluster.wait_until_ready(1);
    cluster.wait_until_ready(2);
    const auto range = client->range(all_with("a"));
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->count, 1);
    const auto committed = client->commit(put_txn("a", "2"));
    ASSERT_TRUE(committed) << committed.error().message;
}

TEST(EtcdMembers, WithoutAQuorumOnlyOldStateIsRead) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    RangeRequest old = all_with("a");
    old.serializable = true;
    // Until the member that stays has it.
    ClientOptions last = cluster.client_options();
    last.endpoints = {cluster.url(2)};
    const auto alone = TestCluster::client(last);
    ASSERT_EQ(alone->range(all_with("a")).value().count, 1);

    cluster.kill(0);
    cluster.kill(1);
    RangeRequest range = all_with("a");
    range.timeout = 3s;
    const auto read = client->range(range);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(read.error().message, HasSubstr(cluster.url(0)));
    EXPECT_THAT(read.error().message, HasSubstr(cluster.url(2)));
    Txn txn = put_txn("a", "2");
    txn.timeout = 3s;
    EXPECT_EQ(client->commit(txn).error().code, ErrorCode::kUnavailable);
    const auto serializable = client->range(old);
    ASSERT_TRUE(serializable) << serializable.error().message;
    EXPECT_EQ(serializable->kvs.at(0).value, "1");

    cluster.start(0);
    cluster.wait_until_ready(2);
    const auto back = client->range(all_with("a"));
    ASSERT_TRUE(back) << back.error().message;
}

// Every acknowledged write is there, and none that was said not to be done.
TEST(EtcdMembers, WritesGoOnWhenTheLeaderDies) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    std::set<std::string> done;
    std::set<std::string> not_done;
    std::atomic<bool> killed = false;
    std::thread killer([&] {
        std::this_thread::sleep_for(300ms);
        cluster.kill(cluster.leader());
        killed = true;
    });
    int after = 0;
    const auto give_up = in(30s);
    for (int i = 0; after < 50 && std::chrono::steady_clock::now() < give_up; ++i) {
        const std::string key = "k" + std::to_string(i);
        const bool was_killed = killed;
        Txn txn = put_txn(key, "v");
        txn.timeout = 2s;
        const auto committed = client->commit(txn);
        if (committed) {
            done.insert(key);
            after += was_killed ? 1 : 0;
        } else {
            EXPECT_EQ(committed.error().code, ErrorCode::kUnavailable) << committed.error().message;
            if (!committed.error().may_be_done) not_done.insert(key);
            std::this_thread::sleep_for(20ms);
        }
    }
    killer.join();
    EXPECT_EQ(after, 50) << "writes did not go on";
    RangeRequest all = all_with("k");
    all.keys_only = true;
    const auto range = client->range(all);
    ASSERT_TRUE(range) << range.error().message;
    std::set<std::string> there;
    for (const KeyValue& kv : range->kvs) there.insert(kv.key);
    for (const std::string& key : done) EXPECT_TRUE(there.contains(key)) << key << " is lost";
    for (const std::string& key : not_done) EXPECT_FALSE(there.contains(key)) << key << " is there";
}

// What a member that stands still was given is told as lost, long before the call's time is over.
TEST(EtcdMembers, AMemberThatStandsStillLosesWhatItWasGiven) {
    TestCluster cluster({.members = 3});
    ClientOptions options = cluster.client_options();
    options.timeout = 60s;
    options.silence.trusted_for = 1h;
    const auto client = TestCluster::client(options);
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    cluster.pause(0);
    cluster.wait_until_ready(1);
    const auto lost = client->commit(put_txn("a", "2"));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(lost.error().message, HasSubstr("no sign of life"));
    EXPECT_TRUE(lost.error().may_be_done);
    const auto committed = client->commit(put_txn("b", "1"));
    ASSERT_TRUE(committed) << committed.error().message;
    cluster.go_on(0);
}

// It is asked for a sign of life before it is given anything, so the commit is done once, at
// another member.
TEST(EtcdMembers, AMemberThatStandsStillIsNotGivenACommit) {
    TestCluster cluster({.members = 3});
    ClientOptions options = cluster.client_options();
    options.timeout = 60s;
    options.silence.trusted_for = 0ms;
    const auto client = TestCluster::client(options);
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    cluster.pause(0);
    cluster.wait_until_ready(1);
    const auto committed = client->commit(put_txn("a", "2"));
    ASSERT_TRUE(committed) << committed.error().message;
    cluster.go_on(0);
    cluster.wait_until_ready(0);
    const auto range = client->range(all_with("a"));
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->kvs.at(0).version, 2);
}

TEST(EtcdMembers, AWatchOfAMemberThatStandsStillEnds) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    auto watch = client->watch("a", "", 1).value();
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    ASSERT_TRUE(watch->next(in(30s)).value().has_value());
    cluster.pause(0);
    const auto ended = watch->next(in(60s));
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, HasSubstr("no sign of life"));
    cluster.wait_until_ready(1);
    EXPECT_TRUE(client->commit(put_txn("a", "2")));
    cluster.go_on(0);
}

TEST(EtcdMembers, AReadIsTriedElsewhereInTime) {
    TestCluster cluster({.members = 3});
    ClientOptions options = cluster.client_options();
    options.timeout = options.attempt_timeout = 60s;
    const auto client = TestCluster::client(options);
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    cluster.pause(0);
    cluster.wait_until_ready(1);
    const auto range = client->range(all_with("a"));
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->kvs.at(0).value, "1");
    cluster.go_on(0);
}

// A member that lives and cannot commit is not taken for one that stands still.
TEST(EtcdMembers, AMemberWithoutAQuorumIsWaitedFor) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    cluster.pause(1);
    cluster.pause(2);
    Txn txn = put_txn("a", "2");
    txn.timeout = 3s;
    const auto lost = client->commit(txn);
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message, Not(HasSubstr(cluster.url(0) + ": no sign of life")));
    cluster.go_on(1);
    cluster.go_on(2);
}

TEST(EtcdMembers, NoneAnswers) {
    TestCluster cluster;
    const auto client = cluster.client();
    cluster.kill(0);
    const auto committed = client->commit(put_txn("a", "1"));
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::kUnavailable);
    EXPECT_FALSE(committed.error().may_be_done) << committed.error().message;
    auto watch = client->watch("a", "", 0).value();
    EXPECT_EQ(watch->next(in(10s)).error().code, ErrorCode::kUnavailable);
}

TEST(EtcdMembers, AFullStoreIsReadAndWellAgain) {
    const TestCluster cluster({.arguments = {"--quota-backend-bytes=1048576"}});
    const auto client = cluster.client();
    Result<Committed> committed = client->commit(put_txn("k", std::string(100'000, 'x')));
    for (int i = 0; committed && i < 100; ++i)
        committed = client->commit(put_txn("k", std::string(100'000, 'x')));
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::kNoSpace) << committed.error().message;
    EXPECT_FALSE(committed.error().may_be_done);
    const auto range = client->range(all_with("k"));
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->count, 1);

    cluster.post(
        0, "/v3/kv/compaction",
        R"({"physical": true, "revision": )" + std::to_string(range->header.revision) + "}");
    cluster.post(0, "/v3/maintenance/defragment", "{}");
    cluster.post(0, "/v3/maintenance/alarm",
                 R"({"action": "DEACTIVATE", "alarm": "NOSPACE", "memberID": ")" +
                     cluster.status(0, "member_id") + "\"}");
    const auto again = client->commit(put_txn("k", "small"));
    ASSERT_TRUE(again) << again.error().message;
}

}  // namespace
}  // namespace snapgate::etcd

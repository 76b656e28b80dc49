#include "etcd/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "etcd/cluster_testing.h"
#include "etcd/requests_testing.h"

namespace snapgate::etcd {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(EtcdWatch, TellsOfWholeRevisions) {
    const TestCluster cluster;
    const auto client = cluster.client();
    const int64_t before = client->commit(put_txn("w/0", "x")).value().header.revision;
    auto watch = client->watch("w/", end_of_prefix("w/"), before + 1).value();
    EXPECT_FALSE(watch->next(in(50ms)).value());

    Txn three;
    three.then_ops = {Put{"w/1", "1"}, Put{"other", "2"}, Delete{"w/0"}};
    const int64_t revision = client->commit(three).value().header.revision;
    const auto changes = watch->next(in(5s));
    ASSERT_TRUE(changes) << changes.error().message;
    ASSERT_TRUE(*changes);
    EXPECT_EQ((*changes)->revision, revision);
    ASSERT_EQ((*changes)->events.size(), 2U);
    EXPECT_EQ((*changes)->events[0].kv.value, "1");
    EXPECT_EQ((*changes)->events[1].type, Event::Type::kDelete);
    EXPECT_EQ((*changes)->events[1].kv.key, "w/0");
    EXPECT_EQ((*changes)->events[1].kv.mod_revision, revision);
}

// The member sends what was missed in messages of about 2 MB, which end within a revision.
TEST(EtcdWatch, PutsTheFragmentsOfARevisionTogether) {
    const TestCluster cluster;
    const auto client = cluster.client();
    constexpr int kRevisions = 6;
    constexpr size_t kKeys = 100;
    int64_t first = 0;
    for (int i = 0; i < kRevisions; ++i) {
        Txn txn;
        for (size_t key = 0; key < kKeys; ++key)
            txn.then_ops.emplace_back(Put{"k" + std::to_string(key), std::string(12000, 'x')});
        const int64_t revision = client->commit(txn).value().header.revision;
        if (first == 0) first = revision;
    }
    auto watch = client->watch("k", end_of_prefix("k"), first).value();
    std::map<int64_t, size_t> events;
    while (events.size() < kRevisions) {
        const auto changes = watch->next(in(10s));
        ASSERT_TRUE(changes) << changes.error().message;
        ASSERT_TRUE(*changes);
        std::map<int64_t, size_t> here;
        for (const Event& event : (*changes)->events) ++here[event.kv.mod_revision];
        for (const auto& [revision, count] : here) {
            EXPECT_EQ(count, kKeys) << "of revision " << revision;
            EXPECT_TRUE(events.emplace(revision, count).second) << revision << " came twice";
        }
    }
    EXPECT_EQ(events.begin()->first, first);
}

TEST(EtcdWatch, SaysFromWhereHistoryIsLeft) {
    const TestCluster cluster;
    const auto client = cluster.client();
    int64_t revision = 0;
    for (int i = 0; i < 10; ++i)
        revision = client->commit(put_txn("k", std::to_string(i))).value().header.revision;
    cluster.post(0, "/v3/kv/compaction",
                 R"({"physical": true, "revision": )" + std::to_string(revision - 2) + "}");
    auto watch = client->watch("k", "", revision - 5).value();
    const auto changes = watch->next(in(5s));
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().code, ErrorCode::kCompacted);
    EXPECT_EQ(changes.error().compact_revision, revision - 2);
    EXPECT_EQ(watch->next(in(1s)).error().code, ErrorCode::kCompacted);

    RangeRequest old = all_with("k");
    old.revision = revision - 5;
    EXPECT_EQ(client->range(old).error().code, ErrorCode::kCompacted);
    auto later = client->watch("k", "", revision - 1).value();
    EXPECT_EQ(later->next(in(5s)).value().value().events.at(0).kv.value, "8");
}

TEST(EtcdWatch, EndsWhenItIsClosed) {
    const TestCluster cluster;
    const auto client = cluster.client();
    auto watch = client->watch("k", "", 0).value();
    EXPECT_FALSE(watch->next(in(50ms)).value());
    std::thread closer([&] { watch->close(); });
    const auto ended = watch->next(in(60s));
    closer.join();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::kClosed);

    auto other = client->watch("k", "", 0).value();
    std::thread client_closer([&] { client->close(); });
    const auto after = other->next(in(60s));
    client_closer.join();
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, ErrorCode::kClosed);
}

// A member that stands still says nothing, and neither does its kernel.
TEST(EtcdWatch, NoticesAMemberThatStandsStill) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    int64_t seen = client->commit(put_txn("k", "0")).value().header.revision;
    auto watch = client->watch("k", "", seen + 1).value();
    EXPECT_FALSE(watch->next(in(50ms)).value());
    cluster.pause(0);
    const auto gone = watch->next(in(30s));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(gone.error().message, HasSubstr(cluster.url(0)));

    cluster.wait_until_ready(1);
    ASSERT_TRUE(client->commit(put_txn("k", "1")));
    auto again = client->watch("k", "", seen + 1).value();
    const auto changes = again->next(in(10s));
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_EQ(changes->value().events.at(0).kv.value, "1");
    cluster.go_on(0);
}

TEST(EtcdWatch, EndsOnAMemberWithoutALeader) {
    TestCluster cluster({.members = 3});
    const auto client = cluster.client();
    auto watch = client->watch("k", "", 0).value();
    EXPECT_FALSE(watch->next(in(50ms)).value());
    cluster.kill(1);
    cluster.kill(2);
    const auto ended = watch->next(in(30s));
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace snapgate::etcd

#include "etcd/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "etcd/cluster_testing.h"
#include "etcd/requests_testing.h"

namespace snapgate::etcd {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(EtcdClient, ReadsWhatItCommitted) {
    const TestCluster cluster;
    const auto client = cluster.client();
    const auto first = client->commit(put_txn("a/1", "one"));
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_TRUE(first->succeeded);
    const auto second = client->commit(put_txn("a/2", std::string("\0\xff", 2)));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->header.revision, first->header.revision + 1);

    const auto range = client->range(all_with("a/"));
    ASSERT_TRUE(range) << range.error().message;
    EXPECT_EQ(range->count, 2);
    EXPECT_FALSE(range->more);
    ASSERT_EQ(range->kvs.size(), 2U);
    EXPECT_EQ(range->kvs[0].key, "a/1");
    EXPECT_EQ(range->kvs[1].value, std::string("\0\xff", 2));
    EXPECT_EQ(range->kvs[1].mod_revision, second->header.revision);
    EXPECT_EQ(range->kvs[1].version, 1);
    EXPECT_NE(range->header.cluster_id, 0U);
}

TEST(EtcdClient, PagesAtOneRevision) {
    const TestCluster cluster;
    const auto client = cluster.client();
    int64_t revision = 0;
    for (const char* key : {"k1", "k2", "k3"})
        revision = client->commit(put_txn(key, "old")).value().header.revision;
    ASSERT_TRUE(client->commit(put_txn("k2", "new")));

    RangeRequest request = all_with("k");
    request.limit = 2;
    request.revision = revision;
    const auto page = client->range(request);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_TRUE(page->more);
    EXPECT_EQ(page->count, 3);
    ASSERT_EQ(page->kvs.size(), 2U);
    EXPECT_EQ(page->kvs[1].value, "old");

    request.revision = revision + 100;
    EXPECT_EQ(client->range(request).error().code, ErrorCode::kFutureRevision);
}

TEST(EtcdClient, CommitsOnlyIfWhatWasReadIsUnchanged) {
    const TestCluster cluster;
    const auto client = cluster.client();
    Txn create = put_txn("x", "1");
    create.compares = {{.key = "x", .target = Compare::Target::kCreateRevision, .value = 0}};
    create.else_ops = {all_with("x")};
    const auto made = client->commit(create);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->succeeded);

    const auto again = client->commit(create);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->succeeded);
    ASSERT_EQ(again->answers.size(), 1U);
    EXPECT_EQ(std::get<Range>(again->answers[0]).kvs.at(0).mod_revision, made->header.revision);

    Txn remove;
    remove.compares = {{.key = "x", .value = made->header.revision}};
    remove.then_ops = {Delete{"x"}, Put{"y", "2"}};
    const auto removed = client->commit(remove);
    ASSERT_TRUE(removed);
    EXPECT_TRUE(removed->succeeded);
    EXPECT_EQ(std::get<DeleteAnswer>(removed->answers.at(0)).deleted, 1);
    EXPECT_TRUE(std::holds_alternative<PutAnswer>(removed->answers.at(1)));
}

TEST(EtcdClient, SaysWhatEtcdRefuses) {
    const TestCluster cluster;
    const auto client = cluster.client();
    Txn many;
    for (int i = 0; i < 129; ++i) many.then_ops.emplace_back(Put{"k" + std::to_string(i), "v"});
    const auto too_many = client->commit(many);
    ASSERT_FALSE(too_many);
    EXPECT_EQ(too_many.error().code, ErrorCode::kTooManyOperations);
    EXPECT_FALSE(too_many.error().may_be_done);

    // Above --max-request-bytes, and above what the member's gRPC takes.
    for (const size_t size : {size_t{1600} << 10, size_t{4} << 20}) {
        const auto too_large = client->commit(put_txn("big", std::string(size, 'x')));
        ASSERT_FALSE(too_large);
        EXPECT_EQ(too_large.error().code, ErrorCode::kTooLarge) << too_large.error().message;
        EXPECT_FALSE(too_large.error().may_be_done);
    }

    Txn twice;
    twice.then_ops = {Put{"k", "1"}, Put{"k", "2"}};
    const auto duplicate = client->commit(twice);
    ASSERT_FALSE(duplicate);
    EXPECT_EQ(duplicate.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(duplicate.error().message, HasSubstr("duplicate key"));
    EXPECT_THAT(duplicate.error().message, HasSubstr(cluster.url(0)));
}

TEST(EtcdClient, RefusesAnAnswerThatIsTooLarge) {
    const TestCluster cluster;
    ClientOptions options = cluster.client_options();
    options.max_answer_bytes = 1000;
    const auto client = TestCluster::client(options);
    ASSERT_TRUE(client->commit(put_txn("k", std::string(2000, 'x'))));
    EXPECT_EQ(client->range(all_with("k")).error().code, ErrorCode::kTooLarge);
    RangeRequest keys = all_with("k");
    keys.keys_only = true;
    EXPECT_EQ(client->range(keys).value().kvs.size(), 1U);
}

TEST(EtcdClient, AnswersThroughCallbacks) {
    const TestCluster cluster;
    const auto client = cluster.client();
    std::promise<Result<Committed>> committed;
    client->commit_async(put_txn("a", "1"),
                         [&](auto result) { committed.set_value(std::move(result)); });
    ASSERT_TRUE(committed.get_future().get());
    std::vector<std::promise<Result<Range>>> ranges(100);
    for (auto& one : ranges)
        client->range_async(all_with("a"), [&](auto result) { one.set_value(std::move(result)); });
    for (auto& one : ranges) EXPECT_EQ(one.get_future().get().value().count, 1);
}

TEST(EtcdClient, EndsItsCallsWhenItIsClosed) {
    TestCluster cluster;
    const auto client = cluster.client();
    ASSERT_TRUE(client->commit(put_txn("a", "1")));
    cluster.pause(0);
    std::promise<Result<Committed>> committed;
    client->commit_async(put_txn("a", "2"),
                         [&](auto result) { committed.set_value(std::move(result)); });
    client->close();
    const auto result = committed.get_future().get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kClosed);
    EXPECT_TRUE(result.error().may_be_done);
    EXPECT_EQ(client->range(all_with("a")).error().code, ErrorCode::kClosed);
    cluster.go_on(0);
}

}  // namespace
}  // namespace snapgate::etcd

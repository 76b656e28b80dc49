// Clusters that are followed: the cluster is the Kubernetes API of another store, over a socket.
#include "app/mirrors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

#include "api/kube/watch_client.h"
#include "api/test_service.h"
#include "json/object.h"
#include "store/temporary_store.h"

namespace snapgate::app {
namespace {

using cluster::MirrorState;
using model::Kind;
using store::Revision;
using store::WriteTxn;
using Contents = std::map<std::pair<std::string, std::string>, std::string>;

// The test waits for what must come; how long that takes is of no interest.
template <class Condition>
bool comes_true(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

Contents contents(const store::Store& store, model::ClusterNumber cluster) {
    Contents out;
    const store::ReadView view = store.read();
    const auto head = view.head(cluster);
    if (!head || !*head) return out;
    auto scan = view.scan(cluster, Kind::kSnapshot, (*head)->revision);
    for (auto found = scan.seek("", ""); found && *found; found = scan.next()) {
        const store::Found& one = scan.found();
        out[{std::string(one.ns), std::string(one.name)}] = one.object.text;
    }
    return out;
}

class MirrorsTest : public testing::Test {
  protected:
    MirrorsTest() {
        store::StoreOptions options;
        options.directory = directory_.path();
        auto opened = DataDirectory::open(options);
        if (!opened) throw std::runtime_error(opened.error().message);
        data_ = std::move(*opened);
        connections_ = make_connections(*data_);
    }
    void TearDown() override {
        connections_->stop();
        // The store's thread may still be about to leave a loop that it has just woken.
        data_.reset();
    }

    model::ClusterNumber add_cluster(const std::string& name) {
        cluster::Cluster made;
        made.uid = made.name = name;
        made.project = data_->projects.snapshot()->begin()->first;
        made.type = cluster::ClusterType::kConnected;
        made.sealed = "x";
        auto done = data_->store->write_and_wait(
            store::Priority::kRequest, [&made](WriteTxn& txn) -> base::Result<void> {
                SNAPGATE_ASSIGN(made, cluster::create_connected(txn, made));
                return {};
            });
        EXPECT_TRUE(done) << done.error().message;
        return made.number;
    }
    cluster::Connection connection() const {
        cluster::Connection to;
        to.server = fmt::format("http://127.0.0.1:{}/clusters/{}", upstream_.port(),
                                api::TestService::kCluster);
        to.token = upstream_.key();
        return to;
    }
    void follow(model::ClusterNumber number, cluster::Connection to) {
        connections_->follow(number, "c",
                             std::make_shared<cluster::StoredConnectionSource>(std::move(to)));
    }
    void write(std::string_view ns, std::string_view name) {
        upstream_.must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(
                txn.put(upstream_.cluster(), Kind::kSnapshot, api::kube::make_snapshot(ns, name)));
            return {};
        });
    }
    void erase(std::string_view ns, std::string_view name) {
        upstream_.must([&](WriteTxn& txn) -> base::Result<void> {
            SNAPGATE_TRY(txn.erase(upstream_.cluster(), Kind::kSnapshot, ns, name));
            return {};
        });
    }
    bool becomes_equal(model::ClusterNumber number) {
        return comes_true([&] {
            return contents(*data_->store, number) ==
                   contents(upstream_.store(), upstream_.cluster());
        });
    }
    bool becomes(model::ClusterNumber number, MirrorState state) {
        return comes_true([&] {
            const auto status = connections_->status(number);
            return status && status->state == state;
        });
    }

    store::TestClock clock_;
    api::TestService upstream_{clock_};
    store::TestDirectory directory_;
    std::unique_ptr<DataDirectory> data_;
    std::unique_ptr<cluster::Connections> connections_;
};

TEST_F(MirrorsTest, ListsAndThenWatches) {
    for (int i = 0; i < 700; ++i) write(i % 2 == 0 ? "a" : "b", fmt::format("s{}", i));
    const auto number = add_cluster("c");
    follow(number, connection());
    ASSERT_TRUE(becomes(number, MirrorState::kReady));
    ASSERT_TRUE(becomes_equal(number));
    write("a", "s0");
    write("c", "new");
    erase("b", "s1");
    EXPECT_TRUE(becomes_equal(number));
    EXPECT_TRUE(comes_true([&] { return connections_->status(number)->events == 3U; }));
    const auto status = connections_->status(number);
    EXPECT_EQ(status->syncs, 1U);
    EXPECT_EQ(status->served_version, "v1beta1");
}

TEST_F(MirrorsTest, OneThatCannotBeReachedSaysWhyAndIsTriedAgain) {
    const auto number = add_cluster("c");
    cluster::Connection to = connection();
    to.server = "http://127.0.0.1:1";
    follow(number, to);
    ASSERT_TRUE(becomes(number, MirrorState::kUnreachable));
    EXPECT_EQ(connections_->status(number)->reason, "ConnectionRefused");
    EXPECT_FALSE(connections_->status(number)->has_synced);
    follow(number, connection());
    write("a", "one");
    EXPECT_TRUE(becomes(number, MirrorState::kReady));
    EXPECT_TRUE(becomes_equal(number));
}

TEST_F(MirrorsTest, AnotherTokenIsTakenAtOnce) {
    const auto number = add_cluster("c");
    cluster::Connection to = connection();
    to.token = "wrong";
    follow(number, to);
    ASSERT_TRUE(becomes(number, MirrorState::kUnauthorized));
    follow(number, connection());
    EXPECT_TRUE(becomes(number, MirrorState::kReady));
}

TEST_F(MirrorsTest, ClustersComeAndGoWhileTheyAreFollowed) {
    for (int i = 0; i < 300; ++i) write("a", fmt::format("s{}", i));
    std::vector<model::ClusterNumber> numbers;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 17; ++i) {
            cluster::Connection to = connection();
            if (i % 5 == 3) to.server = "http://127.0.0.1:1";
            if (i % 5 == 4) to.token = "wrong";
            numbers.push_back(add_cluster(fmt::format("c{}-{}", round, i)));
            follow(numbers.back(), std::move(to));
        }
        write("a", fmt::format("round{}", round));
        while (numbers.size() > 10) {
            const auto number = numbers.front();
            numbers.erase(numbers.begin());
            connections_->forget(number, {});
            EXPECT_FALSE(connections_->status(number).has_value());
            auto done = data_->store->write_and_wait(
                store::Priority::kRequest,
                [number](WriteTxn& txn) { return txn.delete_cluster(number); });
            EXPECT_TRUE(done) << done.error().message;
        }
    }
    const auto last = add_cluster("last");
    follow(last, connection());
    EXPECT_TRUE(becomes(last, MirrorState::kReady));
    EXPECT_TRUE(becomes_equal(last));
}

TEST_F(MirrorsTest, GoesOnFromWhereItWas) {
    write("a", "one");
    const auto number = add_cluster("c");
    follow(number, connection());
    ASSERT_TRUE(becomes(number, MirrorState::kReady));
    connections_->stop();
    const auto ended = std::exchange(connections_, make_connections(*data_));
    write("a", "two");
    follow(number, connection());
    EXPECT_TRUE(connections_->status(number)->has_synced);
    EXPECT_TRUE(becomes_equal(number));
    EXPECT_EQ(connections_->status(number)->syncs, 0U);
}

}  // namespace
}  // namespace snapgate::app

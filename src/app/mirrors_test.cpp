// Clusters that are followed: the cluster is the Kubernetes API of another store, over a socket.
#include "app/mirrors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <thread>

#include "api/kube/watch_client_testing.h"
#include "api/service_testing.h"
#include "base/clock.h"
#include "base/clock_testing.h"
#include "json/object.h"
#include "mirror/mirror_sink.h"
#include "mirror/upstream.h"
#include "net/client/outbound_testing.h"
#include "net/event_loop.h"
#include "store/temporary_store_testing.h"

namespace snapgate::app {
namespace {

using mirror::MirrorState;
using model::Kind;
using store::Revision;
using store::WriteTxn;
constexpr const char* kSnapshots = "/apis/snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots";
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
        mirrors_ = make_mirrors(*data_, size_t{1} << 30);
    }
    void TearDown() override {
        mirrors_->stop();
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
    connect::Connection connection() const {
        connect::Connection to;
        to.server = fmt::format("http://127.0.0.1:{}/clusters/{}", upstream_.port(),
                                api::TestService::kCluster);
        to.token = upstream_.key();
        return to;
    }
    void follow(model::ClusterNumber number, connect::Connection to) {
        mirrors_->follow(number, "c", cluster::snapshots(),
                         std::make_shared<connect::StoredConnectionSource>(std::move(to)));
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
            const auto status = mirrors_->status(number);
            return status && status->state == state;
        });
    }

    base::Result<void> confirm(model::ClusterNumber number) {
        const auto outcome = std::make_shared<std::promise<base::Result<void>>>();
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the loop keeps it
        asking_.start([this, number, outcome]() -> net::Awaitable<void> {
            outcome->set_value(co_await mirrors_->confirm(number));
        });
        return outcome->get_future().get();
    }
    // Of mirrors in the data directory, of which nothing is kept.
    mirror::MirrorsOptions options_of_test() {
        mirror::MirrorsOptions options;
        options.server_id = "test";
        options.make_sink = [this](model::ClusterNumber number,
                                   const cluster::ReflectedKind& kind) {
            return mirror::make_sink(*data_->store, number, kind);
        };
        options.last_known = [](model::ClusterNumber) { return mirror::MirrorStatus(); };
        options.keep = [](const auto&) {};
        return options;
    }

    base::TestClock clock_;
    api::TestService upstream_{clock_};
    store::TestDirectory directory_;
    std::unique_ptr<DataDirectory> data_;
    net::EventLoop asking_;  // goes after the mirrors, whose thread may still be leaving it
    std::unique_ptr<mirror::Mirrors> mirrors_;
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
    EXPECT_TRUE(comes_true([&] { return mirrors_->status(number)->events == 3U; }));
    const auto status = mirrors_->status(number);
    EXPECT_EQ(status->syncs, 1U);
    EXPECT_EQ(status->served_version, "v1beta1");
}

TEST_F(MirrorsTest, OneThatCannotBeReachedSaysWhyAndIsTriedAgain) {
    const auto number = add_cluster("c");
    connect::Connection to = connection();
    to.server = "http://127.0.0.1:1";
    follow(number, to);
    ASSERT_TRUE(becomes(number, MirrorState::kUnreachable));
    EXPECT_EQ(mirrors_->status(number)->reason, "ConnectionRefused");
    EXPECT_FALSE(mirrors_->status(number)->has_synced);
    follow(number, connection());
    write("a", "one");
    EXPECT_TRUE(becomes(number, MirrorState::kReady));
    EXPECT_TRUE(becomes_equal(number));
}

TEST_F(MirrorsTest, AnotherTokenIsTakenAtOnce) {
    const auto number = add_cluster("c");
    connect::Connection to = connection();
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
            connect::Connection to = connection();
            if (i % 5 == 3) to.server = "http://127.0.0.1:1";
            if (i % 5 == 4) to.token = "wrong";
            numbers.push_back(add_cluster(fmt::format("c{}-{}", round, i)));
            follow(numbers.back(), std::move(to));
        }
        write("a", fmt::format("round{}", round));
        while (numbers.size() > 10) {
            const auto number = numbers.front();
            numbers.erase(numbers.begin());
            mirrors_->forget(number);
            EXPECT_FALSE(mirrors_->status(number).has_value());
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
    mirrors_->stop();
    const auto ended = std::exchange(mirrors_, make_mirrors(*data_, size_t{1} << 30));
    write("a", "two");
    follow(number, connection());
    EXPECT_TRUE(mirrors_->status(number)->has_synced);
    EXPECT_TRUE(becomes_equal(number));
    EXPECT_EQ(mirrors_->status(number)->syncs, 0U);
}

TEST_F(MirrorsTest, WhoAsksIsToldThatTheMirrorIsConfirmedOrWhyNot) {
    write("a", "one");
    const auto number = add_cluster("c");
    follow(number, connection());
    ASSERT_TRUE(becomes(number, MirrorState::kReady));
    const int64_t before = mirrors_->status(number)->confirmed_ms;
    ASSERT_TRUE(comes_true([&] { return base::system_clock().now_ms() > before; }));
    EXPECT_TRUE(confirm(number));
    EXPECT_GT(mirrors_->status(number)->confirmed_ms, before);

    const auto away = add_cluster("away");
    connect::Connection to = connection();
    to.server = "http://127.0.0.1:1";
    follow(away, to);
    ASSERT_TRUE(becomes(away, MirrorState::kUnreachable));
    const auto refused = confirm(away);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::Code::kClusterUnavailable);
    EXPECT_NE(refused.error().message.find("ConnectionRefused"), std::string::npos);
    EXPECT_EQ(confirm(number + 1000).error().code, base::Code::kNotFound);
}

TEST_F(MirrorsTest, AListWithoutAnEndIsNotTakenIn) {
    for (int i = 0; i < 12; ++i) write("a", fmt::format("s{}", i));
    mirror::MirrorsOptions options = options_of_test();
    options.most_listed.objects = 11;
    mirrors_ = std::make_unique<mirror::Mirrors>(std::move(options));
    const auto number = add_cluster("c");
    follow(number, connection());
    ASSERT_TRUE(becomes(number, MirrorState::kFailing));
    EXPECT_EQ(mirrors_->status(number)->reason, "AnswerInvalid");
    EXPECT_NE(mirrors_->status(number)->message.find("no end"), std::string::npos);
    EXPECT_FALSE(mirrors_->status(number)->has_synced);
    erase("a", "s0");
    EXPECT_TRUE(becomes(number, MirrorState::kReady));
    EXPECT_TRUE(becomes_equal(number));
}

TEST_F(MirrorsTest, NorIsOneOfTooManyBytes) {
    for (int i = 0; i < 12; ++i) write("a", fmt::format("s{}", i));
    mirror::MirrorsOptions options = options_of_test();
    options.most_listed.bytes = 1'000;
    mirrors_ = std::make_unique<mirror::Mirrors>(std::move(options));
    const auto number = add_cluster("c");
    follow(number, connection());
    ASSERT_TRUE(becomes(number, MirrorState::kFailing));
    EXPECT_NE(mirrors_->status(number)->message.find("--mirror-mib"), std::string::npos);
    EXPECT_FALSE(mirrors_->status(number)->has_synced);
}

// Says how often the cluster refused what it gave, and tells whenever it is asked.
class ToldSource final : public connect::StoredConnectionSource {
  public:
    explicit ToldSource(connect::Connection connection, std::function<void()> asked = {})
        : StoredConnectionSource(std::move(connection)), asked_(std::move(asked)) {}

    net::Awaitable<base::Result<std::shared_ptr<const connect::Connection>>> current() override {
        if (asked_) asked_();
        return StoredConnectionSource::current();
    }
    bool refused() override {
        ++refusals;
        return false;
    }

    std::atomic<int> refusals = 0;

  private:
    const std::function<void()> asked_;
};

TEST_F(MirrorsTest, TheSourceOfWhatWasRefusedIsToldAndAnotherOneIsAsked) {
    connect::Connection wrong = connection();
    wrong.token = "wrong";
    std::unique_ptr<mirror::Upstream> cluster;
    const auto next = std::make_shared<ToldSource>(connection());
    const auto first = std::make_shared<ToldSource>(wrong, [&] { cluster->use(next); });
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): runs to its end here
    net::run_coroutine([&]() -> net::Awaitable<void> {
        cluster = std::make_unique<mirror::Upstream>(first, "test", net::kPatience);
        const auto answer = co_await cluster->fetch(kSnapshots);
        EXPECT_TRUE(answer) << answer.error().message;
        cluster.reset();
    });
    EXPECT_EQ(first->refusals, 1);
    EXPECT_EQ(next->refusals, 0);
}

TEST_F(MirrorsTest, SoItIsWithRequestsThatArePassedOn) {
    const auto number = add_cluster("c");
    connect::Connection wrong = connection();
    wrong.token = "wrong";
    const auto next = std::make_shared<ToldSource>(connection());
    const auto use = [&](std::shared_ptr<connect::ConnectionSource> source) {
        mirrors_->follow(number, "c", cluster::snapshots(), std::move(source));
    };
    // The reflector asks it, too, from another thread.
    std::atomic<std::thread::id> asking;
    const auto first = std::make_shared<ToldSource>(wrong, [&] {
        if (std::this_thread::get_id() == asking) use(next);
    });
    use(first);
    ASSERT_TRUE(becomes(number, MirrorState::kUnauthorized));
    const auto answer = std::make_shared<std::promise<base::Result<mirror::ClusterAnswer>>>();
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): the loop keeps it
    asking_.start([this, number, answer, &asking]() -> net::Awaitable<void> {
        asking = std::this_thread::get_id();
        net::ClientRequest request = net::get_request(kSnapshots);
        answer->set_value(co_await mirrors_->send(number, std::move(request), "", net::kPatience));
    });
    const auto answered = answer->get_future().get();
    ASSERT_TRUE(answered) << answered.error().message;
    EXPECT_EQ(answered->status, 200U);
    EXPECT_GE(first->refusals, 1);
    EXPECT_TRUE(becomes(number, MirrorState::kReady));
    EXPECT_EQ(next->refusals, 0);
}

// A sink that ends whoever calls it by an exception, so often.
class ThrowingSink final : public mirror::ObjectSink {
  public:
    ThrowingSink(std::unique_ptr<mirror::ObjectSink> sink, std::shared_ptr<std::atomic<int>> left)
        : sink_(std::move(sink)), left_(std::move(left)) {}

    base::Result<std::string> version() const override { return sink_->version(); }
    net::Awaitable<base::Result<void>> apply(std::vector<mirror::Change> changes) override {
        return sink_->apply(std::move(changes));
    }
    net::Awaitable<base::Result<void>> begin_replacement() override {
        if (left_->fetch_sub(1) > 0) throw std::runtime_error("a bug");
        return sink_->begin_replacement();
    }
    net::Awaitable<base::Result<void>> add(std::vector<model::PreparedObject> objects) override {
        return sink_->add(std::move(objects));
    }
    net::Awaitable<base::Result<mirror::Replaced>> publish(std::string version,
                                                           mirror::ToldVersions told) override {
        return sink_->publish(std::move(version), told);
    }
    net::Awaitable<base::Result<mirror::Checksum>> checksum(std::string version) const override {
        return sink_->checksum(std::move(version));
    }

  private:
    std::unique_ptr<mirror::ObjectSink> sink_;
    std::shared_ptr<std::atomic<int>> left_;
};

TEST_F(MirrorsTest, WhatEndsByABugIsBegunAgainAndOthersGoOn) {
    const auto faults = std::make_shared<std::atomic<int>>(1'000'000);
    const auto healthy = add_cluster("healthy");
    const auto broken = add_cluster("broken");
    mirror::MirrorsOptions options = options_of_test();
    options.restart = std::chrono::milliseconds(5);
    options.make_sink = [this, faults, broken](model::ClusterNumber number,
                                               const cluster::ReflectedKind& kind) {
        auto sink = mirror::make_sink(*data_->store, number, kind);
        if (number != broken) return sink;
        return std::unique_ptr<mirror::ObjectSink>(
            std::make_unique<ThrowingSink>(std::move(sink), faults));
    };
    mirrors_ = std::make_unique<mirror::Mirrors>(std::move(options));
    write("a", "one");
    follow(broken, connection());
    follow(healthy, connection());
    ASSERT_TRUE(becomes(healthy, MirrorState::kReady));
    // Begun again, and again.
    ASSERT_TRUE(comes_true([&] { return *faults < 999'997; }));
    ASSERT_TRUE(becomes(broken, MirrorState::kFailing));
    write("a", "two");
    EXPECT_TRUE(becomes_equal(healthy));
    EXPECT_EQ(mirrors_->status(healthy)->failures, 0U);
    EXPECT_EQ(mirrors_->status(healthy)->syncs, 1U);
    *faults = 0;
    EXPECT_TRUE(becomes(broken, MirrorState::kReady));
    EXPECT_TRUE(becomes_equal(broken));
}

}  // namespace
}  // namespace snapgate::app

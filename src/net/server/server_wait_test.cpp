// Streams that wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/annotations.h"
#include "base/temporary_folder_testing.h"
#include "net/server/raw_tls_testing.h"
#include "net/server/server_testing.h"
#include "net/server/wake_group.h"

namespace snapgate::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string name_of(Wake wake) {
    switch (wake) {
        case Wake::kNotified:
            return "notified";
        case Wake::kDeadline:
            return "deadline";
        case Wake::kPeerGone:
            return "peer gone";
        case Wake::kStopping:
            return "stopping";
    }
    return "?";
}

// The handler writes "begun", then why each wait ended, until one ends other than by a
// notification. "?short" has a deadline of 20 ms, others one that does not come; "?large" writes a
// megabyte for each notification. "/plain" answers "plain"; "/stuck" holds its thread for a second.
class ServerWaitTest : public testing::TestWithParam<bool> {
  protected:
    struct Counted {
        explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
        ~Counted() { --count_; }
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        std::atomic<int>& count_;
    };

    // On the thread of the stream: the group of that thread's streams.
    std::shared_ptr<WakeGroup> join(const Executor& executor) {
        const base::MutexLock lock(mutex_);
        auto& group = groups_[&executor.context()];
        if (!group) group = std::make_shared<WakeGroup>(executor);
        return group;
    }
    void wake_all() {
        const base::MutexLock lock(mutex_);
        for (const auto& [context, group] : groups_) group->wake();
    }

    static Awaitable<void> answer(ServerWaitTest* test, Request& request, Response& response) {
        if (request.path == "/plain") {
            response.body.append("plain");
            co_return;
        }
        if (request.path == "/stuck") {
            test->stuck_ = true;
            std::this_thread::sleep_for(std::chrono::seconds(1));
            co_return;
        }
        const Counted counted(test->frames_);
        ResponseStream& stream = *response.stream;
        const auto group = test->join(stream.executor());
        const WakeGroup::Member member(*group, stream);
        EXPECT_TRUE(co_await stream.begin());
        const std::array<std::string_view, 2> texts = {"beg", "un\n"};
        EXPECT_TRUE(co_await stream.write(texts));
        Wake wake = Wake::kNotified;
        while (wake == Wake::kNotified) {
            const auto patience =
                request.query == "short" ? std::chrono::milliseconds(20) : std::chrono::hours(1);
            wake = co_await stream.wait(std::chrono::steady_clock::now() + patience);
            const std::string name = name_of(wake) + "\n";
            if (wake == Wake::kNotified) {
                ++test->notified_;
                if (request.query == "large") {
                    const std::string large(1 << 20, 'x');
                    if (!co_await stream.write(large)) ++test->unwritten_;
                }
            }
            if (!co_await stream.write(name)) ++test->unwritten_;
        }
        const base::MutexLock lock(test->mutex_);
        ++test->ended_[wake];
    }

    struct Settings {
        std::chrono::milliseconds shutdown{5000};
    };
    void start(Settings settings) {
        server_.reset();
        ServerOptions options;
        options.timeouts.write_stall = std::chrono::milliseconds(200);
        options.timeouts.shutdown = settings.shutdown;
        if (GetParam()) {
            auto contexts = make_test_tls(folder_.path());
            ASSERT_TRUE(contexts);
            options.tls = *contexts;
        }
        server_.emplace(options);
        server_->custom = [this](Request& request, Response& response) {
            return answer(this, request, response);
        };
    }
    void SetUp() override { start({}); }

    std::unique_ptr<RawPeer> watch(std::string_view target = "/watch") {
        auto peer = std::make_unique<RawPeer>(server_->port(), GetParam());
        peer->send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_TRUE(peer->read_until("begun\n"));
        return peer;
    }
    int ended(Wake wake) {
        const base::MutexLock lock(mutex_);
        return ended_[wake];
    }

    base::TemporaryFolder folder_;
    base::Mutex mutex_;
    std::map<boost::asio::io_context*, std::shared_ptr<WakeGroup>> groups_
        SNAPGATE_GUARDED_BY(mutex_);
    std::map<Wake, int> ended_ SNAPGATE_GUARDED_BY(mutex_);
    std::atomic<int> notified_ = 0;
    std::atomic<int> unwritten_ = 0;
    std::atomic<int> frames_ = 0;
    std::atomic<bool> stuck_ = false;
    std::optional<TestServer> server_;
};

INSTANTIATE_TEST_SUITE_P(PlainAndTls, ServerWaitTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tls" : "Plain"; });

TEST_P(ServerWaitTest, AnyThreadWakesAllStreams) {
    std::vector<std::unique_ptr<RawPeer>> peers;
    peers.reserve(100);
    for (int i = 0; i < 100; ++i) peers.push_back(watch());
    wake_all();
    for (const auto& peer : peers) EXPECT_TRUE(peer->read_until("notified\n"));
    EXPECT_EQ(notified_, 100);
}

TEST_P(ServerWaitTest, TheDeadlineEndsTheWaitAndTheStream) {
    const auto peer = watch("/watch?short");
    EXPECT_TRUE(peer->read_until("deadline\n\r\n0\r\n\r\n"));
    peer->send("GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(peer->read_to_end(), EndsWith("\r\n\r\nplain"));
}

TEST_P(ServerWaitTest, ThePeersEndEndsTheWait) {
    watch().reset();
    while (ended(Wake::kPeerGone) < 1) std::this_thread::yield();
    // One that only says it has nothing more to ask still gets the proper end.
    const auto peer = watch();
    peer->end_sending();
    EXPECT_THAT(peer->read_to_end(), EndsWith("peer gone\n\r\n0\r\n\r\n"));
    EXPECT_EQ(ended(Wake::kPeerGone), 2);
}

TEST_P(ServerWaitTest, ARequestBehindTheStreamIsNoEnd) {
    const auto peer = watch("/watch");
    peer->send("GET /pla");
    wake_all();
    EXPECT_TRUE(peer->read_until("notified\n"));
    peer->send("in HTTP/1.1\r\nHost: a\r\n\r\n");
    wake_all();
    EXPECT_TRUE(peer->read_until("notified\n\r\n9\r\nnotified\n"));
    EXPECT_EQ(ended(Wake::kPeerGone), 0);
    // It is answered once the stream has ended, and so is one sent together with the first.
    RawPeer both(server_->port(), GetParam());
    both.send(
        "GET /watch?short HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string all = both.read_to_end();
    EXPECT_THAT(all, HasSubstr("deadline\n\r\n0\r\n\r\nHTTP/1.1 200 OK"));
    EXPECT_THAT(all, EndsWith("\r\n\r\nplain"));
}

TEST_P(ServerWaitTest, ARequestSentDuringTheStreamIsAnswered) {
    const auto peer = watch("/watch?short");
    peer->send("GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(peer->read_to_end(), EndsWith("\r\n\r\nplain"));
    EXPECT_EQ(ended(Wake::kDeadline), 1);
}

TEST_P(ServerWaitTest, AFloodBehindTheStreamIsNotRead) {
    const auto peer = watch();
    const timeval brief{0, 100'000};
    ::setsockopt(peer->fd(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief));
    const std::string flood(64 << 10, 'x');
    while (peer->send(flood)) {
    }
    wake_all();
    EXPECT_TRUE(peer->read_until("notified\n"));
}

TEST_P(ServerWaitTest, AStopEndsTheStreamProperly) {
    const auto peer = watch();
    (*server_)->stop();
    EXPECT_THAT(peer->read_to_end(), EndsWith("stopping\n\r\n0\r\n\r\n"));
    EXPECT_EQ(ended(Wake::kStopping), 1);
}

TEST_P(ServerWaitTest, AReaderThatStopsIsCutAndNobodyElseNotices) {
    const auto good = watch();
    const auto bad = watch("/watch?large");
    // Nobody reads: sooner or later the socket takes no more.
    while (ended(Wake::kPeerGone) == 0) {
        wake_all();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(unwritten_, 3);  // the large piece, and the words after it
    const int before = notified_;
    wake_all();
    while (notified_ == before) std::this_thread::yield();
    EXPECT_TRUE(good->read_until("notified\n"));
    good->end_sending();
    EXPECT_THAT(good->read_to_end(), EndsWith("peer gone\n\r\n0\r\n\r\n"));
}

// A thread that is stuck for longer than a stop takes: its streams are not resumed any more.
TEST_P(ServerWaitTest, WhoStillWaitsGoesWithTheServer) {
    start({.shutdown = std::chrono::milliseconds(10)});
    // Connections are dealt out in turn, and the first thread accepts them: it must not be stuck.
    const auto first = watch();
    const auto left = watch();
    const auto third = watch();
    RawPeer stuck(server_->port(), GetParam());
    stuck.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!stuck_) std::this_thread::yield();
    server_.reset();
    EXPECT_EQ(ended(Wake::kStopping) + ended(Wake::kPeerGone), 2);
    EXPECT_EQ(frames_, 0);
}

}  // namespace
}  // namespace snapgate::net

// Clients that take their answers slowly, or not at all.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "base/temporary_folder_testing.h"
#include "net/server/raw_tls_testing.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class SlowReadersTest : public testing::TestWithParam<bool> {
  protected:
    void start(const Timeouts& timeouts) {
        ServerOptions options;
        options.timeouts = timeouts;
        if (GetParam()) {
            auto contexts = make_test_tls(folder_.path());
            ASSERT_TRUE(contexts);
            options.tls = *contexts;
        }
        server_.emplace(options);
        peer_.emplace(server_->port(), GetParam());
    }
    // `window`: what the client's kernel takes before the client does.
    void ask(size_t bytes, int window) {
        ASSERT_EQ(::setsockopt(peer_->fd(), SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)), 0);
        ASSERT_TRUE(peer_->send("GET /size/" + std::to_string(bytes) +
                                " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    }

    base::TemporaryFolder folder_;
    std::optional<TestServer> server_;
    std::optional<RawPeer> peer_;
};

INSTANTIATE_TEST_SUITE_P(PlainAndTls, SlowReadersTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tls" : "Plain"; });

// The time of a stall begins anew with whatever is taken.
TEST_P(SlowReadersTest, WhoTakesALittleAllTheTimeGetsAllOfIt) {
    constexpr milliseconds kStall{1'000};
    constexpr size_t kBytes = 4 << 20;
    start({.write_stall = kStall});
    ask(kBytes, 16 << 10);
    const auto until = Clock::now() + 2 * kStall;
    while (Clock::now() < until) {
        ASSERT_TRUE(peer_->receive());
        std::this_thread::sleep_for(milliseconds(5));
    }
    const std::string all = peer_->read_to_end();
    EXPECT_EQ(all.size() - all.find("\r\n\r\n") - 4, kBytes);
    EXPECT_EQ((*server_)->statistics().connections_slow, 0U);
}

// The kernel takes more for a client the faster that one was, and gives none of it back.
TEST_P(SlowReadersTest, WhoStopsHoldsLittleOfTheKernel) {
    constexpr size_t kBytes = 20 << 20;
    start({.shutdown = milliseconds(500)});
    ask(kBytes, 512 << 10);
    while (peer_->received().size() < kBytes / 2) ASSERT_TRUE(peer_->receive());
    // The stop cuts what waits; what the kernel has taken still comes.
    (*server_)->stop();
    const size_t before = peer_->received().size();
    const size_t rest = peer_->read_to_end().size() - before;
    EXPECT_LT(rest, 2'000'000U);
}

}  // namespace
}  // namespace snapgate::net

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/post.hpp>
#include <string>
#include <vector>

#include "net/await.h"
#include "net/client/fake_server_testing.h"
#include "net/client/outbound_testing.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end,
// or to that of their loop, within the function that holds the lambda.

namespace snapgate::net {
namespace {

using base::Code;
using std::chrono::milliseconds;

// Listens and accepts nobody; what may wait to be accepted is there already, so that the next
// connection hangs.
class FullListener {
  public:
    FullListener() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const named = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listening_, named, size) != 0 || ::listen(listening_, 0) != 0 ||
            ::getsockname(listening_, named, &size) != 0) {
            ADD_FAILURE() << "cannot listen";
        }
        port_ = ntohs(address.sin_port);
        for (int& one : waiting_) {
            one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            EXPECT_TRUE(::connect(one, named, size) == 0 || errno == EINPROGRESS);
        }
    }
    ~FullListener() {
        for (const int one : waiting_) ::close(one);
        ::close(listening_);
    }
    FullListener(const FullListener&) = delete;
    FullListener& operator=(const FullListener&) = delete;
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  private:
    int listening_;
    uint16_t port_ = 0;
    std::array<int, 8> waiting_{};
};

void expect_cut(const base::Error& error) {
    EXPECT_EQ(error.code, Code::kUnavailable) << error.message;
    EXPECT_EQ(error.subject, outbound_reason::kReset) << error.message;
    EXPECT_NE(error.message.find("ended from this side"), std::string::npos) << error.message;
}

TEST(OutboundConnect, IsGivenUpInTime) {
    const FullListener server;
    const auto answer = fetch({.server = server.url()}, get_request("/"), milliseconds(100));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kTimeout);
    EXPECT_EQ(answer.error().subject, outbound_reason::kConnectTimeout);
}

// An exchange that is cut once the server has come so far; `reached` is set by then, or at once.
void expect_cut_exchange(const std::string& url, const std::atomic<bool>& reached,
                         ClientRequest request = get_request("/")) {
    const auto target = target_for({.server = url});
    OutboundBreaker breaker;
    run_coroutine([&]() -> Awaitable<void> {
        const Executor executor = co_await boost::asio::this_coro::executor;
        const auto cut = [&]() -> Awaitable<void> {
            while (!reached) co_await pause(milliseconds(1));
            co_await pause(milliseconds(5));
            breaker.cut();
        };
        boost::asio::co_spawn(executor, cut, [](const std::exception_ptr&) {});
        auto answer = co_await exchange(target, request, kPatience, 1 << 20, &breaker);
        EXPECT_FALSE(answer);
        if (!answer) expect_cut(answer.error());
        // And all that begins later.
        answer = co_await exchange(target, request, kPatience, 1 << 20, &breaker);
        EXPECT_FALSE(answer);
        if (!answer) expect_cut(answer.error());
    });
}

TEST(OutboundBreaker, EndsConnecting) {
    const FullListener server;
    expect_cut_exchange(server.url(), true);
}

TEST(OutboundBreaker, EndsEveryPhase) {
    std::atomic<bool> reached = false;
    // What the client says first, as a TLS handshake or a request.
    FakeServer silent([&](FakeServer::Peer& peer, int) {
        peer.read_until("\x01");
        reached = true;
        peer.read_to_end();
    });
    expect_cut_exchange(silent.url("https"), reached);

    reached = false;
    FakeServer no_head([&](FakeServer::Peer& peer, int) {
        peer.read_head();
        reached = true;
        peer.read_to_end();
    });
    expect_cut_exchange(no_head.url(), reached);

    reached = false;
    FakeServer no_body([&](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        reached = true;
        peer.read_to_end();
    });
    expect_cut_exchange(no_body.url(), reached);

    reached = false;
    std::atomic<bool> over = false;
    FakeServer deaf([&](FakeServer::Peer& peer, int) {
        peer.read_until("POST");
        reached = true;
        while (!over) std::this_thread::sleep_for(milliseconds(1));
    });
    ClientRequest upload = get_request("/", "POST");
    upload.body = std::string(64 << 20, 'u');
    expect_cut_exchange(deaf.url(), reached, upload);
    over = true;
}

TEST(Outbound, IsCutWhileItReads) {
    FakeServer server([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        peer.read_to_end();
    });
    const auto target = target_for({.server = server.url()});
    run_coroutine([&]() -> Awaitable<void> {
        const Executor executor = co_await boost::asio::this_coro::executor;
        auto connection = co_await Outbound::connect(target, kPatience);
        Outbound& outbound = **connection;
        const ClientRequest request = get_request("/");
        auto response = co_await outbound.send(request, kPatience);
        EXPECT_TRUE(response);
        auto piece = co_await outbound.read(kPatience);
        EXPECT_TRUE(piece && *piece == "x");
        boost::asio::post(executor, [&] { outbound.cut(); });
        piece = co_await outbound.read(kPatience);
        EXPECT_FALSE(piece);
        if (!piece) expect_cut(piece.error());
        piece = co_await outbound.read(kPatience);
        EXPECT_FALSE(piece);
        EXPECT_FALSE(outbound.reusable());
        response = co_await outbound.send(request, kPatience);
        EXPECT_FALSE(response);
    });
}

TEST(Outbound, IsDroppedWithItsLoop) {
    std::atomic<bool> reached = false;
    FakeServer server([&](FakeServer::Peer& peer, int) {
        peer.read_head();
        reached = true;
        peer.read_to_end();
    });
    const auto target = target_for({.server = server.url()});
    boost::asio::io_context context{1};
    const auto ask = [&]() -> Awaitable<void> {
        const ClientRequest request = get_request("/");
        auto answer = co_await exchange(target, request, kPatience, 1 << 20);
        ADD_FAILURE() << "ended: " << answer.has_value();
    };
    boost::asio::co_spawn(context, ask, [](const std::exception_ptr&) {});
    while (!reached) context.run_for(milliseconds(1));
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

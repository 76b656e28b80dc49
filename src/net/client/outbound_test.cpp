#include "net/client/outbound.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "net/client/fake_server_testing.h"
#include "net/client/outbound_testing.h"
#include "net/server/server_testing.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end,
// or to that of their loop, within the function that holds the lambda.

namespace snapgate::net {
namespace {

using base::Code;
using std::chrono::milliseconds;

std::string url_of(TestServer& server) {
    return "http://127.0.0.1:" + std::to_string(server.port());
}

// What a client makes of an answer that comes as these texts, and the connection's end after them.
struct Got {
    std::optional<ClientResponse> response;
    std::vector<std::string> pieces;
    std::optional<base::Error> error;
    bool reusable = false;

    std::string body() const {
        std::string all;
        for (const std::string& piece : pieces) all += piece;
        return all;
    }
};

Got read_answer(const OutboundOptions& options, const ClientRequest& request,
                milliseconds patience = kPatience) {
    Got got;
    const auto target = target_for(options);
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        if (!connection) {
            got.error = connection.error();
            co_return;
        }
        Outbound& outbound = **connection;
        auto response = co_await outbound.send(request, patience);
        if (!response) {
            got.error = response.error();
            co_return;
        }
        got.response = *response;
        while (true) {
            auto piece = co_await outbound.read(patience);
            if (!piece) {
                got.error = piece.error();
                // It stays an error.
                EXPECT_FALSE(co_await outbound.read(patience));
                break;
            }
            if (piece->empty()) break;
            got.pieces.emplace_back(*piece);
        }
        got.reusable = outbound.reusable();
    });
    return got;
}

Got read_answer(std::string_view text, const ClientRequest& request = get_request("/"),
                milliseconds patience = kPatience) {
    FakeServer server([text](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(text);
    });
    return read_answer({.server = server.url()}, request, patience);
}

// An option of the one socket of this process that is connected to a port.
int option_of_connection_to(uint16_t port, int level, int name) {
    for (int fd = 0; fd < 1024; ++fd) {
        sockaddr_in peer{};
        socklen_t size = sizeof(peer);
        const int failed = getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size);
        if (failed != 0 || peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) continue;
        int value = -1;
        size = sizeof(value);
        return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
    }
    return -1;
}

// Who is gone without a word is found out by the kernel: no test can wait for that.
TEST(Outbound, AConnectionIsProbedWhileItIsSilent) {
    TestServer server;
    const auto target = target_for({.server = url_of(server)});
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        EXPECT_TRUE(connection);
        const auto option = [&](int level, int name) {
            return option_of_connection_to(server.port(), level, name);
        };
        EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
        EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE) +
                      option(IPPROTO_TCP, TCP_KEEPINTVL) * option(IPPROTO_TCP, TCP_KEEPCNT),
                  25);
        EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 20'000);
    });
}

TEST(Outbound, ThereAreSoManyConnectionsAtATime) {
    TestServer server;
    const auto target = target_for({.server = url_of(server)});
    bound_outbound(2);
    run_coroutine([&]() -> Awaitable<void> {
        auto first = co_await Outbound::connect(target, kPatience);
        auto second = co_await Outbound::connect(target, kPatience);
        EXPECT_TRUE(first && second);
        auto third = co_await Outbound::connect(target, kPatience);
        EXPECT_FALSE(third);
        EXPECT_EQ(third.error().code, Code::kUnavailable);
        EXPECT_EQ(third.error().subject, outbound_reason::kTooMany);
        first->reset();
        EXPECT_TRUE(co_await Outbound::connect(target, kPatience));
    });
    bound_outbound(SIZE_MAX);
}

TEST(Outbound, ReadsWholeAnswersOverOneConnection) {
    TestServer server;
    const auto target = target_for({.server = url_of(server) + "/"});
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        if (!connection) {
            ADD_FAILURE() << connection.error().message;
            co_return;
        }
        Outbound& outbound = **connection;
        for (const char* path : {"/hello", "/size/0", "/size/1000000", "/204", "/304", "/hello"}) {
            const ClientRequest request = get_request(path);
            auto response = co_await outbound.send(request, kPatience);
            if (!response) {
                ADD_FAILURE() << response.error().message;
                co_return;
            }
            EXPECT_EQ(response->body, "");
            auto body = co_await outbound.read_all(2 << 20, kPatience);
            if (!body) {
                ADD_FAILURE() << body.error().message;
                co_return;
            }
            const std::string name = path;
            EXPECT_EQ(body->size(), name == "/hello"          ? 5U
                                    : name == "/size/1000000" ? 1'000'000U
                                                              : 0U)
                << path;
            EXPECT_TRUE(outbound.reusable());
        }
        ClientRequest post = get_request("/echo", "POST");
        post.content_type = "text/plain";
        post.headers = {{"X-Given", "a"}};
        post.body = std::string(700'000, 'b');
        auto response = co_await outbound.send(post, kPatience);
        EXPECT_TRUE(response && response->status == 200 && response->header("content-type"));
        auto body = co_await outbound.read_all(1 << 20, kPatience);
        EXPECT_TRUE(body && *body == post.body);
        const ClientRequest head = get_request("/size/77", "HEAD");
        response = co_await outbound.send(head, kPatience);
        EXPECT_TRUE(response && response->header("Content-Length") == "77");
        EXPECT_TRUE(outbound.reusable());
        body = co_await outbound.read_all(0, kPatience);
        EXPECT_TRUE(body && body->empty());
    });
    EXPECT_EQ(server->statistics().connections_accepted, 1U);
}

TEST(Outbound, SendsWhatItWasGiven) {
    TestServer server;
    ClientRequest request = get_request("/seen?a=b");
    request.headers = {{"Authorization", "Bearer token"}, {"Accept", "application/json"}};
    const auto response = fetch({.server = url_of(server)}, request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "GET /seen?a=b\nHost=127.0.0.1:" + std::to_string(server.port()) +
                                  "\nUser-Agent=snapgate/" SNAPGATE_VERSION
                                  "\nAuthorization=Bearer token\nAccept=application/json\n");
    request.headers = {{"Authorization", "Bearer secret\r\nX: y"}};
    const auto refused = fetch({.server = url_of(server)}, request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalidParameter);
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
}

TEST(Outbound, TakesEveryFraming) {
    const Got sized = read_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(sized.body(), "hello");
    EXPECT_FALSE(sized.error);
    EXPECT_TRUE(sized.reusable);
    const Got beyond = read_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1");
    EXPECT_EQ(beyond.body(), "hello");
    EXPECT_FALSE(beyond.reusable);
    const Got closing =
        read_answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(closing.body(), "hi");
    EXPECT_FALSE(closing.reusable);
    const Got to_the_end = read_answer("HTTP/1.1 200 OK\r\n\r\nhello");
    EXPECT_EQ(to_the_end.body(), "hello");
    EXPECT_FALSE(to_the_end.error);
    EXPECT_FALSE(to_the_end.reusable);
    const Got old = read_answer("HTTP/1.0 200 OK\r\n\r\nhello");
    EXPECT_EQ(old.body(), "hello");
    EXPECT_FALSE(old.reusable);
    const Got interim = read_answer(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx");
    ASSERT_TRUE(interim.response);
    EXPECT_EQ(interim.response->status, 201U);
    EXPECT_EQ(interim.response->header("link"), std::nullopt);
    EXPECT_EQ(interim.body(), "x");
    const Got head = read_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                 get_request("/", "HEAD"));
    EXPECT_EQ(head.body(), "");
    EXPECT_FALSE(head.error);
    const Got none = read_answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
    EXPECT_FALSE(none.error);
    EXPECT_TRUE(none.reusable);
}

TEST(Outbound, GivesChunksAsTheyCome) {
    const Got several = read_answer(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n1;extension=1\r\n,\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n");
    EXPECT_EQ(several.body(), "hello, world");
    EXPECT_FALSE(several.error);
    EXPECT_TRUE(several.reusable);

    // The server sends the second only when the first has arrived here.
    std::atomic<bool> first = false;
    FakeServer server([&first](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        while (!first) std::this_thread::yield();
        peer.send("6\r\nsecond\r\n0\r\n\r\n");
    });
    const auto target = target_for({.server = server.url()});
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        const ClientRequest request = get_request("/");
        auto response = co_await (*connection)->send(request, kPatience);
        EXPECT_TRUE(response);
        auto piece = co_await (*connection)->read(kPatience);
        EXPECT_TRUE(piece && *piece == "first");
        first = true;
        piece = co_await (*connection)->read(kPatience);
        EXPECT_TRUE(piece && *piece == "second");
        piece = co_await (*connection)->read(kPatience);
        EXPECT_TRUE(piece && piece->empty());
    });
}

TEST(Outbound, TakesAnAnswerSplitAtEveryByte) {
    const std::string text =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "b\r\nhello world\r\nA\r\n0123456789\r\n0\r\n\r\n";
    for (size_t cut = 1; cut < text.size(); ++cut) {
        FakeServer server([&](FakeServer::Peer& peer, int) {
            peer.read_head();
            peer.send(text.substr(0, cut));
            std::this_thread::sleep_for(milliseconds(1));
            peer.send(text.substr(cut));
        });
        const Got got = read_answer({.server = server.url()}, get_request("/"));
        EXPECT_EQ(got.body(), "hello world0123456789") << cut;
        EXPECT_FALSE(got.error) << cut;
        EXPECT_TRUE(got.reusable) << cut;
    }
}

TEST(Outbound, TellsABodyThatIsCutOff) {
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& text :
         {chunked, chunked + "5", chunked + "5\r\nhel", chunked + "5\r\nhello",
          chunked + "5\r\nhello\r\n", chunked + "5\r\nhello\r\n0\r\n",
          std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")}) {
        const Got got = read_answer(text);
        ASSERT_TRUE(got.response) << text;
        ASSERT_TRUE(got.error) << text;
        EXPECT_EQ(got.error->code, Code::kUnavailable);
        EXPECT_EQ(got.error->subject, outbound_reason::kReset);
        EXPECT_NE(got.error->message.find("in the middle of its answer"), std::string::npos);
        EXPECT_FALSE(got.reusable);
    }
    for (const std::string text : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"}) {
        const Got got = read_answer(text);
        EXPECT_FALSE(got.response);
        ASSERT_TRUE(got.error) << text;
        EXPECT_EQ(got.error->code, Code::kUnavailable);
        EXPECT_EQ(got.error->subject, outbound_reason::kReset);
    }
}

TEST(Outbound, RefusesWhatIsNoHttp) {
    std::string interims;
    for (int i = 0; i < 100; ++i) interims += "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const std::string& text :
         {std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("\x15\x03\x01\0\x02\x02\x28", 7),
          std::string("HTTP/2 200\r\n\r\n"), std::string("HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n"),
          interims, ok + "Transfer-Encoding: gzip\r\n\r\n",
          ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
          ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
          ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          ok + "Content-Length: x\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
          ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab"}) {
        const Got got = read_answer(text);
        ASSERT_TRUE(got.error) << text;
        EXPECT_EQ(got.error->code, Code::kBadPeer) << text;
        EXPECT_EQ(got.error->subject, outbound_reason::kNotHttp) << text;
    }
}

TEST(Outbound, BoundsWhatItTakes) {
    const Got head = read_answer("HTTP/1.1 200 OK\r\nX: " + std::string(90'000, 'x') + "\r\n\r\n");
    ASSERT_TRUE(head.error);
    EXPECT_EQ(head.error->code, Code::kTooLarge);
    EXPECT_EQ(head.error->subject, outbound_reason::kTooLarge);

    TestServer server;
    const OutboundOptions options{.server = url_of(server)};
    const auto fits = fetch(options, get_request("/size/1000"), kPatience, 1000);
    ASSERT_TRUE(fits) << fits.error().message;
    EXPECT_EQ(fits->body.size(), 1000U);
    const auto large = fetch(options, get_request("/size/1001"), kPatience, 1000);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, Code::kTooLarge);
    EXPECT_EQ(large.error().subject, outbound_reason::kTooLarge);

    const Got pieces = read_answer(options, get_request("/size/3000000"));
    EXPECT_EQ(pieces.body().size(), 3'000'000U);
    for (const std::string& piece : pieces.pieces) EXPECT_LE(piece.size(), size_t{256 << 10});
}

TEST(Outbound, TellsTheHeadOfAnAnswerThatDidNotComeWhole) {
    FakeServer server([](FakeServer::Peer& peer, int) {
        const std::string head = peer.read_head();
        if (head.starts_with("GET /none")) return;
        peer.send("HTTP/1.1 201 Created\r\nContent-Length: 100\r\nWarning: w\r\n\r\n0123456789");
        if (head.starts_with("GET /silent")) peer.read_to_end();
        if (head.starts_with("GET /large")) peer.send(std::string(90, 'x'));
    });
    const auto target = target_for({.server = server.url()});
    const auto ask = [&](const std::string& path) {
        std::optional<base::Result<HeardResponse>> heard;
        // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): runs to its end here
        run_coroutine([&]() -> Awaitable<void> {
            heard = co_await exchange_heard(target, get_request(path), milliseconds(500), 99);
        });
        return *heard;
    };
    for (const auto& [path, code] :
         {std::pair("/cut", Code::kUnavailable), std::pair("/silent", Code::kTimeout),
          std::pair("/large", Code::kTooLarge)}) {
        const auto heard = ask(path);
        ASSERT_TRUE(heard) << path;
        EXPECT_EQ(heard->response.status, 201U);
        EXPECT_EQ(heard->response.header("Warning"), "w");
        EXPECT_EQ(heard->response.body, "") << "what is not whole is not shown";
        ASSERT_TRUE(heard->fault) << path;
        EXPECT_EQ(heard->fault->code, code) << path;
    }
    EXPECT_FALSE(ask("/none"));
}

TEST(Outbound, SaysThatNobodyListens) {
    uint16_t port = 0;
    {
        const TestServer server;
        port = server.port();
    }
    const auto answer =
        fetch({.server = "http://127.0.0.1:" + std::to_string(port)}, get_request("/"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kUnavailable);
    EXPECT_EQ(answer.error().subject, outbound_reason::kRefused);
}

TEST(Outbound, SaysThatThereIsNoRoute) {
    // Multicast is no address that TCP connects to.
    const auto answer = fetch({.server = "http://224.0.0.1:80"}, get_request("/"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kUnavailable);
    EXPECT_EQ(answer.error().subject, outbound_reason::kUnreachable);
}

TEST(Outbound, SaysThatANameIsNotKnown) {
    const auto answer = fetch({.server = "http://no-such-host.invalid"}, get_request("/"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().subject, outbound_reason::kNameNotFound);
    EXPECT_NE(answer.error().message.find("no-such-host.invalid"), std::string::npos);
}

TEST(Outbound, TriesTheAddressesOfAName) {
    TestServer server;
    const auto answer = fetch({.server = "http://localhost:" + std::to_string(server.port())},
                              get_request("/hello"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "hello");
}

TEST(Outbound, GivesUpWaitingForAnAnswer) {
    FakeServer silent([](FakeServer::Peer& peer, int) { peer.read_to_end(); });
    const auto no_head = fetch({.server = silent.url()}, get_request("/"), milliseconds(50));
    ASSERT_FALSE(no_head);
    EXPECT_EQ(no_head.error().code, Code::kTimeout);
    EXPECT_EQ(no_head.error().subject, outbound_reason::kAnswerTimeout);

    FakeServer half([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        peer.read_to_end();
    });
    const Got no_body = read_answer({.server = half.url()}, get_request("/"), milliseconds(500));
    ASSERT_TRUE(no_body.error);
    EXPECT_EQ(no_body.body(), "hello");
    EXPECT_EQ(no_body.error->code, Code::kTimeout);
    EXPECT_EQ(no_body.error->subject, outbound_reason::kAnswerTimeout);
    EXPECT_FALSE(no_body.reusable);

    // More than sockets hold, and nobody takes it.
    ClientRequest upload = get_request("/", "POST");
    upload.body = std::string(64 << 20, 'u');
    std::atomic<bool> over = false;
    FakeServer takes_nothing([&over](FakeServer::Peer&, int) {
        while (!over) std::this_thread::sleep_for(milliseconds(1));
    });
    const auto not_taken = fetch({.server = takes_nothing.url()}, upload, milliseconds(50));
    over = true;
    ASSERT_FALSE(not_taken);
    EXPECT_EQ(not_taken.error().code, Code::kTimeout);
    EXPECT_EQ(not_taken.error().subject, outbound_reason::kAnswerTimeout);
}

TEST(Outbound, TellsARefusalBeforeTheEndOfAnUpload) {
    // It ends with most of the request unread, which resets the connection.
    FakeServer server([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    });
    ClientRequest upload = get_request("/", "POST");
    upload.body = std::string(64 << 20, 'u');
    const auto answer = fetch({.server = server.url()}, upload);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 413U);
    EXPECT_EQ(answer->body, "no");
}

TEST(Outbound, TellsTheAnswerOfAServerThatStopsReading) {
    std::atomic<bool> over = false;
    FakeServer server([&over](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        while (!over) std::this_thread::sleep_for(milliseconds(1));
    });
    ClientRequest upload = get_request("/", "POST");
    upload.body = std::string(64 << 20, 'u');
    const auto answer = fetch({.server = server.url()}, upload);
    over = true;
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 413U);
    EXPECT_EQ(answer->body, "no");
}

TEST(Outbound, SeesThatAKeptConnectionWasEnded) {
    std::atomic<bool> over = false;
    FakeServer server([&over](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        while (!over) std::this_thread::sleep_for(milliseconds(1));
    });
    const auto target = target_for({.server = server.url()});
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        Outbound& outbound = **connection;
        EXPECT_FALSE(outbound.heard());
        const ClientRequest request = get_request("/");
        const auto response = co_await outbound.send(request, kPatience);
        EXPECT_TRUE(response);
        EXPECT_TRUE(outbound.heard());
        EXPECT_TRUE(outbound.still_kept());
        over = true;
        while (outbound.still_kept()) std::this_thread::sleep_for(milliseconds(1));
        EXPECT_FALSE(co_await outbound.send(request, kPatience));
        EXPECT_FALSE(outbound.heard());
    });
}

TEST(Outbound, IsNotAskedAgainBeforeTheEndOfAnAnswer) {
    TestServer server;
    const auto target = target_for({.server = url_of(server)});
    run_coroutine([&]() -> Awaitable<void> {
        auto connection = co_await Outbound::connect(target, kPatience);
        const ClientRequest request = get_request("/hello");
        auto response = co_await (*connection)->send(request, kPatience);
        EXPECT_TRUE(response);
        EXPECT_FALSE((*connection)->reusable());
        response = co_await (*connection)->send(request, kPatience);
        EXPECT_FALSE(response);
    });
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

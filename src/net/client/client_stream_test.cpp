#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "net/client/client.h"
#include "net/client/fake_server_testing.h"

namespace snapgate::net {
namespace {

using base::Code;
using std::chrono::seconds;

constexpr const char* kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

Client client_for(const FakeServer& server) {
    return Client({.server = server.url(),
                   .ca_file = {},
                   .connect_timeout = seconds(30),
                   .timeout = seconds(30),
                   .max_response_bytes = 1000});
}

ClientRequest root() {
    ClientRequest request;
    request.target = "/";
    return request;
}

// Streams "/" of a server, and keeps what came.
struct Streamed {
    explicit Streamed(Client& client, StreamOptions options = {.idle = seconds(30)})
        : result(client.stream(root(), options, [this](std::string_view piece) {
              body += piece;
              return base::Result<void>();
          })) {}
    std::string body;
    base::Result<StreamedResponse> result;
};

TEST(ClientStream, HandsOnWhatComesWithoutABoundAndKeepsTheConnection) {
    FakeServer server([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(kChunked);
        for (int i = 0; i < 100; ++i) peer.send("40\r\n" + std::string(64, 'x') + "\r\n");
        peer.send("0\r\n\r\n");
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.read_to_end();
    });
    Client client = client_for(server);
    Streamed streamed(client);
    ASSERT_TRUE(streamed.result) << streamed.result.error().message;
    EXPECT_EQ(streamed.result->end, StreamEnd::kWhole);
    EXPECT_EQ(streamed.result->response.status, 200U);
    EXPECT_EQ(streamed.result->response.body, "");
    EXPECT_EQ(streamed.body, std::string(6400, 'x'));
    const auto next = client.send(root());
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(next->body, "ok");
    EXPECT_EQ(server.connections(), 1);
}

TEST(ClientStream, HandsAPieceOnBeforeTheNextOneCame) {
    std::array<int, 2> seen{};
    ASSERT_EQ(::pipe(seen.data()), 0);
    FakeServer server([&](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(std::string(kChunked) + "3\r\none\r\n");
        char byte = 0;
        if (::read(seen[0], &byte, 1) == 1) peer.send("3\r\ntwo\r\n0\r\n\r\n");
    });
    Client client = client_for(server);
    std::string body;
    const auto result = client.stream(root(), {.idle = seconds(30)}, [&](std::string_view piece) {
        body += piece;
        if (body == "one") EXPECT_EQ(::write(seen[1], "x", 1), 1);
        return base::Result<void>();
    });
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(body, "onetwo");
    ::close(seen[0]);
    ::close(seen[1]);
}

TEST(ClientStream, KeepsTheBodyOfARefusalWithinTheBound) {
    FakeServer server([](FakeServer::Peer& peer, int number) {
        peer.read_head();
        const size_t size = number == 0 ? 1000 : 1001;
        peer.send("HTTP/1.1 410 Gone\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                  std::string(size, 'g'));
    });
    Client client = client_for(server);
    Streamed refused(client);
    ASSERT_TRUE(refused.result) << refused.result.error().message;
    EXPECT_EQ(refused.result->response.status, 410U);
    EXPECT_EQ(refused.result->response.body, std::string(1000, 'g'));
    EXPECT_EQ(refused.body, "");
    Streamed large(client);
    ASSERT_FALSE(large.result);
    EXPECT_EQ(large.result.error().code, Code::kTooLarge);
}

TEST(ClientStream, TellsACutFromAnEnd) {
    FakeServer server([](FakeServer::Peer& peer, int number) {
        peer.read_head();
        if (number == 0) peer.send(std::string(kChunked) + "3\r\none\r\n");
        if (number == 1) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nsome");
        if (number == 2) peer.send("HTTP/1.0 200 OK\r\n\r\nto the end");
    });
    Client client = client_for(server);
    for (const auto& [body, end] :
         {std::pair("one", StreamEnd::kCut), std::pair("some", StreamEnd::kCut),
          std::pair("to the end", StreamEnd::kWhole)}) {
        Streamed streamed(client);
        ASSERT_TRUE(streamed.result) << streamed.result.error().message;
        EXPECT_EQ(streamed.body, body);
        EXPECT_EQ(streamed.result->end, end) << body;
    }
    Streamed none(client);
    ASSERT_FALSE(none.result);
    EXPECT_EQ(none.result.error().code, Code::kUnavailable);
}

TEST(ClientStream, EndsAfterSilence) {
    FakeServer server([](FakeServer::Peer& peer, int number) {
        peer.read_head();
        if (number == 0) peer.send(std::string(kChunked) + "3\r\none\r\n");
        peer.read_to_end();
    });
    Client client = client_for(server);
    const StreamOptions impatient{.idle = std::chrono::milliseconds(50)};
    Streamed within(client, impatient);
    ASSERT_TRUE(within.result) << within.result.error().message;
    EXPECT_EQ(within.result->end, StreamEnd::kSilent);
    EXPECT_EQ(within.body, "one");
    Streamed before(client, impatient);
    ASSERT_FALSE(before.result);
    EXPECT_EQ(before.result.error().code, Code::kTimeout);
}

TEST(ClientStream, EndsWhenItIsWoken) {
    FakeServer server([](FakeServer::Peer& peer, int number) {
        peer.read_head();
        if (number == 0) peer.send(std::string(kChunked) + "3\r\none\r\n");
        if (number < 2) peer.read_to_end();
        if (number == 2) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    std::array<int, 2> wake{};
    ASSERT_EQ(::pipe(wake.data()), 0);
    const StreamOptions options{.idle = seconds(30), .wake_fd = wake[0]};
    Client client = client_for(server);
    std::string body;
    const auto within = client.stream(root(), options, [&](std::string_view piece) {
        body += piece;
        EXPECT_EQ(::write(wake[1], "x", 1), 1);
        return base::Result<void>();
    });
    ASSERT_TRUE(within) << within.error().message;
    EXPECT_EQ(within->end, StreamEnd::kStopped);
    EXPECT_EQ(within->response.status, 200U);
    EXPECT_EQ(body, "one");
    Streamed before(client, options);
    ASSERT_TRUE(before.result) << before.result.error().message;
    EXPECT_EQ(before.result->end, StreamEnd::kStopped);
    EXPECT_EQ(before.result->response.status, 0U);
    // What is no stream does not look at the descriptor.
    const auto sent = client.send(root());
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->body, "ok");
    ::close(wake[0]);
    ::close(wake[1]);
}

TEST(ClientStream, EndsWithTheErrorOfWhoeverTakesIt) {
    FakeServer server([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(std::string(kChunked) + "3\r\none\r\n");
        peer.read_to_end();
    });
    Client client = client_for(server);
    const auto result = client.stream(root(), {.idle = seconds(30)}, [](std::string_view) {
        return base::Result<void>(base::Error(Code::kInvalidBody, "no JSON"));
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kInvalidBody);
    EXPECT_EQ(result.error().message, "no JSON");
}

}  // namespace
}  // namespace snapgate::net

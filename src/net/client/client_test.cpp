#include "net/client/client.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/temporary_folder_testing.h"
#include "net/client/fake_server_testing.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

using base::Code;

Client client_for(const std::string& url) {
    return Client({.server = url,
                   .ca_file = {},
                   .connect_timeout = std::chrono::seconds(30),
                   .timeout = std::chrono::seconds(30)});
}

std::string url_of(TestServer& server, const std::string& prefix = {}) {
    return "http://127.0.0.1:" + std::to_string(server.port()) + prefix;
}

ClientRequest get(const std::string& target) {
    ClientRequest request;
    request.target = target;
    return request;
}

TEST(Client, KeepsItsConnection) {
    TestServer server;
    Client client = client_for(url_of(server));
    for (int i = 0; i < 5; ++i) {
        const auto response = client.send(get("/hello"));
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->status, 200U);
        EXPECT_EQ(response->body, "hello");
        EXPECT_EQ(response->header("content-TYPE"), "text/plain");
    }
    ClientRequest head = get("/size/1000");
    head.method = "HEAD";
    const auto response = client.send(head);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->header("Content-Length"), "1000");
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(client.send(get("/204"))->status, 204U);
    EXPECT_EQ(client.send(get("/304"))->status, 304U);
    EXPECT_EQ(client.send(get("/size/3000000"))->body.size(), 3'000'000U);
    EXPECT_EQ(server->statistics().connections_accepted, 1U);
}

TEST(Client, SendsWhatItIsGiven) {
    TestServer server;
    Client client = client_for(url_of(server, "/seen/"));
    ClientRequest request = get("/x?y=z");
    request.headers = {{"ApiKey", "k"}, {"X-Empty", ""}};
    server.custom = [](Request& seen, Response& response) -> Awaitable<void> {
        response.body.append(seen.target).append("|").append(*seen.header("ApiKey"));
        response.body.append("|").append(*seen.header("Host"));
        response.body.append(seen.header("Accept-Encoding") ? "|gzip" : "|plain");
        co_return;
    };
    const auto response = client.send(request);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body,
              "/seen/x?y=z|k|127.0.0.1:" + std::to_string(server.port()) + "|plain");
}

TEST(Client, RefusesToSendBrokenRequests) {
    Client client = client_for("http://127.0.0.1:1");
    ClientRequest header = get("/");
    header.headers = {{"ApiKey", "secret\r\nX: y"}};
    const auto refused = client.send(header);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalidParameter);
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
    for (const char* target : {"", "x", "/a b", "/a\r\nb"}) {
        EXPECT_EQ(client.send(get(target)).error().code, Code::kInvalidParameter) << target;
    }
    ClientRequest method = get("/");
    method.method = "G T";
    EXPECT_EQ(client.send(method).error().code, Code::kInvalidParameter);
}

TEST(Client, UploadsWholeAndInPieces) {
    TestServer server;
    Client client = client_for(url_of(server));
    ClientRequest whole = get("/echo");
    whole.method = "POST";
    whole.content_type = "text/plain";
    whole.body = std::string(500'000, 'w');
    auto response = client.send(whole);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, whole.body);

    ClientRequest pieces = get("/count");
    pieces.method = "POST";
    pieces.content_type = "text/plain";
    int left = 100;
    const std::string piece(70'000, 'p');
    pieces.next_piece = [&]() -> base::Result<std::string_view> {
        return left-- > 0 ? std::string_view(piece) : std::string_view();
    };
    response = client.send(pieces);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "7000000");
    EXPECT_EQ(server->statistics().connections_accepted, 1U);

    pieces.next_piece = []() -> base::Result<std::string_view> {
        return base::Error(Code::kInternal, "the file is gone");
    };
    EXPECT_EQ(client.send(pieces).error().message, "the file is gone");
    EXPECT_EQ(client.send(get("/hello"))->body, "hello");
}

TEST(Client, ReturnsAnAnswerGivenDuringTheUpload) {
    TestServer server;
    Client client = client_for(url_of(server));
    ClientRequest request = get("/ignore");
    request.method = "POST";
    request.content_type = "text/plain";
    // Without an end: only the answer can stop it.
    const std::string piece(64 << 10, 'p');
    request.next_piece = [&]() -> base::Result<std::string_view> {
        return std::string_view(piece);
    };
    const auto response = client.send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "ignored");
    EXPECT_EQ(client.send(get("/hello"))->body, "hello");
}

TEST(Client, SaysWhyThereIsNoServer) {
    uint16_t free_port = 0;
    {
        TestServer server;
        free_port = server.port();
    }
    Client refused = client_for("http://127.0.0.1:" + std::to_string(free_port));
    const auto nobody = refused.send(get("/"));
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, Code::kUnavailable);
    EXPECT_NE(nobody.error().message.find("connection refused"), std::string::npos);

    Client unknown = client_for("http://no-such-host.invalid");
    const auto no_host = unknown.send(get("/"));
    ASSERT_FALSE(no_host);
    EXPECT_EQ(no_host.error().code, Code::kUnavailable);
    EXPECT_NE(no_host.error().message.find("no-such-host.invalid"), std::string::npos);
}

TEST(Client, RepeatsWhatAStaleConnectionLost) {
    const auto answer = [](FakeServer::Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    // Each connection answers once, takes another request, and ends.
    FakeServer server([&](FakeServer::Peer& peer, int) {
        peer.read_head();
        answer(peer);
        peer.read_head();
    });
    {
        Client client = client_for(server.url());
        for (int i = 0; i < 3; ++i) {
            const auto response = client.send(get("/"));
            ASSERT_TRUE(response) << response.error().message;
            EXPECT_EQ(response->body, "ok");
        }
        EXPECT_EQ(server.connections(), 3);
        // Whether a lost POST was done is not known: it is not sent again.
        ClientRequest post = get("/");
        post.method = "POST";
        post.body = "x";
        const auto lost = client.send(post);
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().code, Code::kUnavailable);
    }
}

TEST(Client, TakesOddButValidAnswers) {
    FakeServer server([](FakeServer::Peer& peer, int number) {
        peer.read_head();
        if (number == 0) {
            peer.send(
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
                "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                "3;x\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n");
        } else {
            peer.send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
        }
    });
    Client client = client_for(server.url());
    auto response = client.send(get("/"));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "abcde");
    response = client.send(get("/"));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "until the end");
}

TEST(Client, RefusesBrokenAnswers) {
    const std::string large =
        "HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n" + std::string(1'000'001, 'l');
    const std::vector<std::pair<std::string, Code>> cases = {
        {"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", Code::kBadPeer},
        {std::string("\x15\x03\x01\x00\x02\x02\x46", 7), Code::kBadPeer},
        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Code::kBadPeer},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Code::kBadPeer},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Code::kUnavailable},
        {"HTTP/1.1 200 OK\r\nContent-", Code::kUnavailable},
        {"", Code::kUnavailable},
        {large, Code::kTooLarge}};
    FakeServer server([&](FakeServer::Peer& peer, int number) {
        peer.read_head();
        peer.send(cases[static_cast<size_t>(number)].first);
    });
    for (const auto& [bytes, code] : cases) {
        Client client({.server = server.url(), .ca_file = {}, .max_response_bytes = 1'000'000});
        const auto response = client.send(get("/"));
        ASSERT_FALSE(response) << bytes.substr(0, 100);
        EXPECT_EQ(response.error().code, code) << bytes.substr(0, 100);
    }
}

TEST(Client, SaysThatAServerSpeaksTls) {
    FakeServer server([](FakeServer::Peer& peer, int) {
        peer.read_head();
        peer.send(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7));
    });
    Client client = client_for(server.url());
    const auto response = client.send(get("/"));
    ASSERT_FALSE(response);
    EXPECT_NE(response.error().message.find("use https://"), std::string::npos);
}

TEST(Client, AnEmptyFileStandsForNoAuthorities) {
    const base::TemporaryFolder folder;
    const std::string file = (folder.path() / "ca.crt").string();
    std::ofstream(file).close();
    Client client({.server = "https://127.0.0.1:1", .ca_file = file});
    const auto response = client.send(get("/"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kInvalidParameter);
    EXPECT_EQ(response.error().message,
              "cannot read CA certificates from " + file + ": it is empty");
}

TEST(Client, GivesUpOnSilence) {
    FakeServer server([](FakeServer::Peer& peer, int) { peer.read_to_end(); });
    {
        Client client({.server = server.url(),
                       .ca_file = {},
                       .connect_timeout = std::chrono::seconds(30),
                       .timeout = std::chrono::milliseconds(50)});
        const auto response = client.send(get("/"));
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, Code::kTimeout);
    }
    Client tls({.server = server.url("https"),
                .ca_file = {},
                .connect_timeout = std::chrono::milliseconds(50),
                .timeout = std::chrono::seconds(30)});
    const auto response = tls.send(get("/"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::kTimeout);
}

}  // namespace
}  // namespace snapgate::net

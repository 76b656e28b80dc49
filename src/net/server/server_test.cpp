#include "net/server/server.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

#include "net/server/key_secret.h"
#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

std::string get(const std::string& path, const std::string& headers = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

std::string post(const std::string& path, const std::string& body) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

constexpr std::string_view kChunked =
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(Server, AnswersWithExactHeaders) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(get("/hello")));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    EXPECT_TRUE(answer->head.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(answer->body, "hello");
    EXPECT_EQ(answer->header("Content-Length"), "5");
    EXPECT_EQ(answer->header("Content-Type"), "text/plain");
    EXPECT_EQ(answer->header("Connection"), std::nullopt);
    const auto date = answer->header("Date");
    ASSERT_TRUE(date);
    EXPECT_EQ(date->size(), std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
    EXPECT_TRUE(date->ends_with(" GMT"));
}

TEST(Server, GivesEachRequestAnId) {
    TestServer server;
    RawConnection client(server.port());
    std::set<std::string> ids;
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(client.send(get("/hello")));
        const auto answer = client.read_answer();
        ASSERT_TRUE(answer && answer->header("X-Request-Id"));
        ids.emplace(*answer->header("X-Request-Id"));
    }
    EXPECT_EQ(ids.size(), 20U);
    for (const std::string& id : ids) {
        EXPECT_EQ(id.size(), 16U);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    }
    ASSERT_TRUE(client.send(get("/hello", "x-request-id: my.id_1-2\r\n")));
    EXPECT_EQ(client.read_answer()->header("X-Request-Id"), "my.id_1-2");
    ASSERT_TRUE(client.send(get("/hello", "X-Request-Id: no good\r\n")));
    EXPECT_EQ(client.read_answer()->header("X-Request-Id")->size(), 16U);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    TestServer server;
    RawConnection client(server.port());
    std::string requests;
    for (size_t i = 0; i < 200; ++i) {
        requests += i % 3 == 0   ? get("/size/" + std::to_string(i))
                    : i % 3 == 1 ? post("/echo", std::string(i, 'e'))
                                 : std::string(kChunked) + "3\r\nabc\r\n0\r\n\r\n";
    }
    ASSERT_TRUE(client.send(requests));
    for (size_t i = 0; i < 200; ++i) {
        const auto answer = client.read_answer();
        ASSERT_TRUE(answer) << i;
        EXPECT_EQ(answer->body, i % 3 == 0   ? std::string(i, 'x')
                                : i % 3 == 1 ? std::string(i, 'e')
                                             : "abc");
    }
}

TEST(Server, KeepsWhatFollowsAnUnreadBody) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(post("/ignore", std::string(100'000, 'b')) + get("/hello") +
                            "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "5\r\nGET /\r\n0\r\n\r\n" +
                            get("/hello")));
    EXPECT_EQ(client.read_answer()->body, "ignored");
    EXPECT_EQ(client.read_answer()->body, "hello");
    EXPECT_EQ(client.read_answer()->body, "ignored");
    EXPECT_EQ(client.read_answer()->body, "hello");
}

TEST(Server, TakesRequestsInTinyPieces) {
    TestServer server;
    RawConnection client(server.port());
    const std::string bytes = post("/echo", "tiny") + std::string(kChunked) +
                              "4\r\nbits\r\n0\r\nX: y\r\n\r\n" + get("/hello");
    for (const char c : bytes) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
    EXPECT_EQ(client.read_answer()->body, "tiny");
    EXPECT_EQ(client.read_answer()->body, "bits");
    EXPECT_EQ(client.read_answer()->body, "hello");
}

TEST(Server, IgnoresOneEmptyLineBeforeARequest) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(post("/echo", "body") + "\r\n" + get("/hello")));
    EXPECT_EQ(client.read_answer()->body, "body");
    EXPECT_EQ(client.read_answer()->body, "hello");
    ASSERT_TRUE(client.send("\r\n\r\n" + get("/hello")));
    EXPECT_EQ(client.read_answer()->status, 400U);
}

TEST(Server, AnswersHeadLikeGetWithoutTheBody) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send("HEAD /size/70000 HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto answer = client.read_answer(true);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Content-Length"), "70000");
    ASSERT_TRUE(client.send(get("/hello")));
    EXPECT_EQ(client.read_answer()->body, "hello");
}

TEST(Server, SendsNoBodyWhereThereIsNone) {
    TestServer server;
    RawConnection client(server.port());
    for (const char* path : {"/304", "/204"}) {
        ASSERT_TRUE(client.send(get(path)));
        const auto answer = client.read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(std::to_string(answer->status), path + 1);
        EXPECT_EQ(answer->header("Content-Length"), std::nullopt);
        EXPECT_EQ(answer->header("Content-Type"), std::nullopt);
    }
    ASSERT_TRUE(client.send(get("/hello")));
    EXPECT_EQ(client.read_answer()->body, "hello");
}

TEST(Server, GivesUnknownMethodsToTheHandler) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(
        client.send("BREW /seen?a HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n"
                    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(client.read_answer()->body, "BREW /seen?a\nHost=a\nX-One=1\n");
    EXPECT_EQ(client.read_answer()->body, "OPTIONS *\nHost=a\n");
}

TEST(Server, ClosesWhenAskedTo) {
    TestServer server;
    for (const std::string& request :
         {get("/hello", "Connection: close\r\n"), std::string("GET /hello HTTP/1.0\r\n\r\n")}) {
        RawConnection client(server.port());
        ASSERT_TRUE(client.send(request));
        const auto answer = client.read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->header("Connection"), "close");
        bool closed = false;
        EXPECT_EQ(client.read_to_end(&closed), "");
        EXPECT_TRUE(closed);
    }
    RawConnection old(server.port());
    ASSERT_TRUE(old.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(old.read_answer()->header("Connection"), "keep-alive");
    ASSERT_TRUE(old.send(get("/hello")));
    EXPECT_EQ(old.read_answer()->body, "hello");
}

TEST(Server, SendsContinueWhenTheBodyIsWanted) {
    TestServer server;
    const std::string head =
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(head));
    EXPECT_EQ(client.read_answer()->status, 100U);
    ASSERT_TRUE(client.send("body"));
    EXPECT_EQ(client.read_answer()->body, "body");
    // Not to a client that did not wait.
    ASSERT_TRUE(client.send(head + "more"));
    EXPECT_EQ(client.read_answer()->body, "more");
    // Refused without the body: whether it comes now is not known, so the connection ends.
    std::string refused = head;
    refused.replace(0, 10, "POST /ignore");
    ASSERT_TRUE(client.send(refused));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->header("Connection"), "close");
    // A body that is too large is refused before it is sent.
    RawConnection large(server.port());
    ASSERT_TRUE(
        large.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 2000000\r\n\r\n"));
    EXPECT_EQ(large.read_answer()->status, 413U);
}

TEST(Server, BoundsBodies) {
    TestServer server;
    const std::string at_limit(1 << 20, 'b');
    {
        RawConnection client(server.port());
        ASSERT_TRUE(client.send(post("/echo", at_limit)));
        EXPECT_EQ(client.read_answer()->body, at_limit);
    }
    {
        RawConnection client(server.port());
        ASSERT_TRUE(client.send(post("/echo", at_limit + "b")));
        const auto answer = client.read_answer();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 413U);
        EXPECT_EQ(answer->header("Connection"), "close");
    }
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(kChunked));
    ASSERT_TRUE(client.send("100001\r\n" + at_limit + "b\r\n0\r\n\r\n"));
    EXPECT_EQ(client.read_answer()->status, 413U);
}

TEST(Server, StreamsBodiesWithoutALimit) {
    TestServer server;
    RawConnection client(server.port());
    std::thread sender([&client] {
        client.send("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string piece = "20000\r\n" + std::string(0x20000, 'p') + "\r\n";
        for (int i = 0; i < 64; ++i) client.send(piece);
        client.send("0\r\n\r\n" + get("/hello"));
    });
    EXPECT_EQ(client.read_answer()->body, std::to_string(64 * 0x20000));
    EXPECT_EQ(client.read_answer()->body, "hello");
    sender.join();
}

TEST(Server, AnswersBrokenBodiesAndCloses) {
    TestServer server;
    for (const char* body :
         {"5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "zz\r\n",
          "10000000000000005\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nbad\r\n\r\n"}) {
        RawConnection client(server.port());
        ASSERT_TRUE(client.send(kChunked));
        ASSERT_TRUE(client.send(std::string(body) + get("/hello")));
        const auto answer = client.read_answer();
        ASSERT_TRUE(answer) << body;
        EXPECT_EQ(answer->status, 400U) << body;
        EXPECT_EQ(answer->header("Connection"), "close");
        EXPECT_EQ(client.read_to_end(), "") << body;
    }
    RawConnection cut(server.port());
    ASSERT_TRUE(cut.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"));
    cut.end_sending();
    EXPECT_EQ(cut.read_answer()->status, 400U);
}

TEST(Server, AnswersBeforeAnUploadEnds) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(
        client.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n"));
    ASSERT_TRUE(client.send(std::string(1 << 20, 'u')));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "ignored");
    EXPECT_EQ(answer->header("Connection"), "close");
}

TEST(Server, CompressesForThoseWhoTakeIt) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(get("/size/100000", "Accept-Encoding: gzip\r\n")));
    const auto small = client.read_answer();
    ASSERT_TRUE(small);
    EXPECT_EQ(small->header("Content-Encoding"), "gzip");
    EXPECT_EQ(small->header("Vary"), "Accept-Encoding");
    EXPECT_LT(small->body.size(), 5'000U);
    EXPECT_TRUE(small->body.starts_with("\x1f\x8b"));
    ASSERT_TRUE(
        client.send("HEAD /size/100000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"));
    EXPECT_EQ(client.read_answer(true)->header("Content-Length"),
              std::to_string(small->body.size()));

    ASSERT_TRUE(client.send(get("/size/100000", "Accept-Encoding: gzip;q=0\r\n")));
    const auto refused = client.read_answer();
    EXPECT_EQ(refused->body.size(), 100'000U);
    EXPECT_EQ(refused->header("Vary"), "Accept-Encoding");
    EXPECT_EQ(refused->header("Content-Encoding"), std::nullopt);

    ASSERT_TRUE(client.send(get("/size/2047", "Accept-Encoding: gzip\r\n")));
    const auto short_one = client.read_answer();
    EXPECT_EQ(short_one->body.size(), 2047U);
    EXPECT_EQ(short_one->header("Vary"), std::nullopt);
}

TEST(KeySecret, IsCutOutOfATextAndTheIdStays) {
    const std::string id = "sgk_0123456789ab_";
    const std::string secret(43, 'A');
    EXPECT_EQ(without_key_secrets("/keys/" + id + secret), "/keys/" + id + "...");
    EXPECT_EQ(without_key_secrets(id + "-_z%41" + secret + "/x, \"" + id + "y\""),
              id + ".../x, \"" + id + "...\"");
    EXPECT_EQ(without_key_secrets("sgk_sgk_0123456789ab_x"), "sgk_sgk_0123456789ab_...");
    for (const char* harmless :
         {"", "/v1/spectroclusters/demo", "sgk_", "sgk_0123456789ab", "sgk_0123456789ab_",
          "sgk_0123456789ab_...", "sgk_0123456789ab_/x", "sgk_0123456789AB_x", "sgk_0123456789abx"})
        EXPECT_EQ(without_key_secrets(harmless), harmless);
}

TEST(Server, ReportsNoSecretOfAKey) {
    TestServer server;
    const std::string key = "sgk_0123456789ab_" + std::string(43, 'A');
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(get("/hello/" + key + "/x", "X-Request-Id: " + key + "\r\n")));
    EXPECT_EQ(client.read_answer()->header("X-Request-Id")->size(), 16U);
    // The connection goes on.
    ASSERT_TRUE(client.send(get("/hello")));
    EXPECT_EQ(client.read_answer()->body, "hello");
    server->stop();
    const auto served = server.served();
    ASSERT_EQ(served.size(), 2U);
    EXPECT_EQ(served[0].path, "/hello/sgk_0123456789ab_.../x");
    EXPECT_EQ(served[1].path, "/hello");
}

TEST(Server, SurvivesAHandlerThatThrows) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(get("/throw", "X-Request-Id: thrown\r\n")));
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 500U);
    EXPECT_EQ(answer->header("Content-Type"), "application/json");
    EXPECT_EQ(answer->body.find("half"), std::string::npos);
    EXPECT_EQ(answer->body.find("thrown by"), std::string::npos);
    EXPECT_NE(answer->body.find("\"ref\":\"thrown\""), std::string::npos);
    EXPECT_EQ(client.read_to_end(), "");
    RawConnection next(server.port());
    ASSERT_TRUE(next.send(get("/hello")));
    EXPECT_EQ(next.read_answer()->body, "hello");
}

TEST(Server, WritesLargeAnswersToSlowReaders) {
    TestServer server;
    RawConnection client(server.port());
    ASSERT_TRUE(client.send(get("/size/30000000") + get("/hello")));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(client.read_answer()->body.size(), 30'000'000U);
    EXPECT_EQ(client.read_answer()->body, "hello");
}

TEST(Server, ReportsWhatItServed) {
    TestServer server;
    {
        RawConnection client(server.port());
        ASSERT_TRUE(client.send(get("/hello") + "bad\r\n\r\n"));
        client.read_to_end();
    }
    server->stop();
    const auto served = server.served();
    ASSERT_EQ(served.size(), 2U);
    EXPECT_EQ(served[0].path, "/hello");
    EXPECT_EQ(served[0].status, 200U);
    EXPECT_EQ(served[0].route, "test");
    EXPECT_EQ(served[0].bytes, 5U);
    EXPECT_EQ(served[1].status, 400U);
    EXPECT_EQ(served[1].route, "refused");
    EXPECT_EQ(server->statistics().connections_accepted, 1U);
    EXPECT_EQ(server->statistics().connections_open, 0U);
}

TEST(Server, ServesManyConnectionsAtOnce) {
    TestServer server;
    std::vector<std::unique_ptr<RawConnection>> clients;
    clients.reserve(200);
    for (int i = 0; i < 200; ++i) {
        clients.push_back(std::make_unique<RawConnection>(server.port()));
    }
    for (const auto& client : clients) ASSERT_TRUE(client->send(get("/size/1000")));
    for (const auto& client : clients) EXPECT_EQ(client->read_answer()->body.size(), 1000U);
    EXPECT_EQ(server->statistics().connections_open, 200U);
}

TEST(Server, SaysWhyItCannotListen) {
    TestServer first;
    ServerOptions options;
    options.port = first.port();
    const auto taken = Server::start(options, {});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, base::Code::kUnavailable);
    EXPECT_NE(taken.error().message.find("the port is taken"), std::string::npos);

    options.port = 0;
    options.address = "192.0.2.1";
    const auto elsewhere = Server::start(options, {});
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code, base::Code::kInvalidParameter);
    options.address = "example.org";
    const auto name = Server::start(options, {});
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().code, base::Code::kInvalidParameter);
}

}  // namespace
}  // namespace snapgate::net

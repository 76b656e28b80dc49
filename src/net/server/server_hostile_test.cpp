// Random damage to valid requests: whatever comes, the server answers or closes, and goes on
// serving.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "net/server/server_testing.h"

namespace snapgate::net {
namespace {

constexpr int kRounds = 2'000;

std::string damaged(std::string bytes, std::mt19937& random) {
    static const std::vector<std::string> parts = {"\r\n",
                                                   "\n",
                                                   "\r",
                                                   std::string(1, '\0'),
                                                   " ",
                                                   "\t",
                                                   ":",
                                                   "Transfer-Encoding: chunked\r\n",
                                                   "Content-Length: 7\r\n",
                                                   "Host: b\r\n",
                                                   "0\r\n\r\n",
                                                   "ffffffff\r\n",
                                                   "HTTP/1.1",
                                                   "\xff",
                                                   "Expect: 100-continue\r\n",
                                                   "Connection: close\r\n",
                                                   "\x16\x03\x01"};
    const auto up_to = [&random](size_t limit) {
        return std::uniform_int_distribution<size_t>(0, limit)(random);
    };
    const size_t changes = 1 + up_to(3);
    for (size_t i = 0; i < changes && !bytes.empty(); ++i) {
        const size_t at = up_to(bytes.size() - 1);
        switch (up_to(5)) {
            case 0:
                bytes[at] = static_cast<char>(up_to(255));
                break;
            case 1:
                bytes.erase(at, 1 + up_to(20));
                break;
            case 2:
                bytes.insert(at, parts[up_to(parts.size() - 1)]);
                break;
            case 3:
                bytes.insert(at, bytes.substr(up_to(bytes.size() - 1), 1 + up_to(40)));
                break;
            case 4:
                bytes.resize(at);
                break;
            default:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << up_to(7)));
                break;
        }
    }
    return bytes;
}

TEST(ServerHostile, SurvivesDamagedRequests) {
    ServerOptions options;
    options.timeouts.body = std::chrono::milliseconds(500);
    TestServer server(options);
    const std::vector<std::string> requests = {
        ("GET /hello?a=b HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n"
         "Accept-Encoding: gzip\r\n\r\n"),
        "GET /size/5000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0.5, *\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-End: 1\r\n\r\n"),
        "PUT /ignore HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
        "HEAD /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"};
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < kRounds; ++round) {
        RawConnection client(server.port());
        ASSERT_TRUE(client.connected());
        const std::string& first = requests[random() % requests.size()];
        const std::string& second = requests[random() % requests.size()];
        client.send(damaged(first + second, random));
        client.end_sending();
        bool closed = false;
        const std::string answers = client.read_to_end(&closed);
        ASSERT_TRUE(closed) << "round " << round;
        ASSERT_TRUE(answers.empty() || answers.starts_with("HTTP/1.1 ")) << answers;
    }
    RawConnection good(server.port());
    ASSERT_TRUE(good.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(good.read_answer()->body, "hello");
    good.end_sending();
    good.read_to_end();
    server->stop();
    EXPECT_EQ(server->statistics().connections_open, 0U);
}

}  // namespace
}  // namespace snapgate::net

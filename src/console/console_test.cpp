#include "console/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "net/server/server_testing.h"

namespace snapgate::console {
namespace {

constexpr std::array kFiles = {
    Asset{"/", "text/html; charset=utf-8", "\"page\"", "the page", "gz", "b"},
    Asset{"/console/a-1.js", "text/javascript; charset=utf-8", "\"script\"", "the script", {}, {}},
};

class ConsoleTest : public testing::Test {
  protected:
    ConsoleTest() {
        server_.custom = serve_console(
            kFiles, [](net::Request&, net::Response& response) { return answer_of_api(response); });
    }

    net::RawConnection::Answer ask(std::string_view path, std::string_view headers,
                                   std::string_view method = "GET") {
        net::RawConnection connection(server_.port());
        connection.send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" +
                        std::string(headers) + "\r\n");
        auto answer = method == "HEAD" ? connection.read_answer(true) : connection.read_answer();
        EXPECT_TRUE(answer);
        return answer ? std::move(*answer) : net::RawConnection::Answer();
    }

    net::TestServer server_;

  private:
    static net::Awaitable<void> answer_of_api(net::Response& response) {
        response.body += "of the API";
        co_return;
    }
};

TEST_F(ConsoleTest, ThePageIsForBrowsersAlone) {
    const auto page = ask("/", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n");
    EXPECT_EQ(page.body, "the page");
    EXPECT_THAT(page.head, testing::HasSubstr("Content-Security-Policy: default-src 'none'; "));
    EXPECT_THAT(page.head, testing::HasSubstr("Cache-Control: no-cache\r\n"));
    EXPECT_THAT(page.head, testing::HasSubstr("Vary: Accept, Accept-Encoding\r\n"));
    for (const char* accept :
         {"", "Accept: */*\r\n", "Accept: application/json\r\n", "Accept: text/html;q=0\r\n",
          "Accept: text/html;q=0.0\r\n", "Accept: text/htmlx\r\n"})
        EXPECT_EQ(ask("/", accept).body, "of the API") << accept;
    EXPECT_EQ(ask("/", "Accept: text/html\r\nContent-Length: 0\r\n", "POST").body, "of the API");
    EXPECT_EQ(ask("/console/other.js", "Accept: text/html\r\n").body, "of the API");
}

TEST_F(ConsoleTest, AFileIsSentAsItWasCompressed) {
    const std::string html = "Accept: text/html\r\n";
    EXPECT_EQ(ask("/", html + "Accept-Encoding: gzip, deflate, br\r\n").body, "b");
    EXPECT_EQ(ask("/", html + "Accept-Encoding: gzip, br;q=0\r\n").body, "gz");
    EXPECT_EQ(ask("/", html + "Accept-Encoding: gzip;q=0.5\r\n").body, "gz");
    EXPECT_EQ(ask("/", html + "Accept-Encoding: gzip;q=0\r\n").body, "the page");
    const auto script = ask("/console/a-1.js", "Accept-Encoding: gzip, br\r\n");
    EXPECT_EQ(script.body, "the script");
    EXPECT_THAT(script.head, testing::Not(testing::HasSubstr("Content-Encoding")));
    EXPECT_THAT(script.head, testing::HasSubstr("immutable\r\n"));
    EXPECT_THAT(script.head, testing::HasSubstr("X-Content-Type-Options: nosniff\r\n"));
}

TEST_F(ConsoleTest, AFileThatTheBrowserHasIsNotSentAgain) {
    const auto known = ask("/", "Accept: text/html\r\nIf-None-Match: \"page\"\r\n");
    EXPECT_EQ(known.status, 304U);
    EXPECT_EQ(known.body, "");
    EXPECT_EQ(ask("/", "Accept: text/html\r\nIf-None-Match: \"old\"\r\n").status, 200U);
}

}  // namespace
}  // namespace snapgate::console

#include "net/http/framing_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::net {
namespace {

constexpr HeadLimits kLimits{.max_target_bytes = 200, .max_header_bytes = 500};

std::optional<HeadFault> parse(const std::string& bytes, Head& head) {
    return parse_head(bytes, kLimits, head);
}

unsigned refusal(const std::string& bytes) {
    Head head;
    const auto fault = parse(bytes, head);
    return fault ? fault->status : 0;
}

TEST(FramingGuard, ReadsARequest) {
    const std::string bytes =
        "GET /v1/x?a=b&c HTTP/1.1\r\nHost: example.org:8080\r\nEmpty:\r\nX-Tab:\t v\xc3\xa4lue "
        "\t\r\nX-Tab: again\r\n\r\n";
    Head head;
    ASSERT_FALSE(parse(bytes, head));
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/v1/x?a=b&c");
    EXPECT_EQ(head.path, "/v1/x");
    EXPECT_EQ(head.query, "a=b&c");
    EXPECT_EQ(head.minor_version, 1U);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_FALSE(head.expect_continue);
    EXPECT_EQ(head.framing, BodyFraming::kNone);
    ASSERT_EQ(head.headers.size(), 4U);
    EXPECT_EQ(head.headers[1].value, "");
    EXPECT_EQ(head.headers[2].value, "v\xc3\xa4lue");
    EXPECT_EQ(head.headers[3].value, "again");
}

TEST(FramingGuard, ReadsBodies) {
    Head head;
    const std::string counted = "POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 0012\r\n\r\n";
    ASSERT_FALSE(parse(counted, head));
    EXPECT_EQ(head.framing, BodyFraming::kLength);
    EXPECT_EQ(head.content_length, 12U);
    const std::string chunked =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:chunked\r\nExpect: 100-Continue\r\n\r\n";
    ASSERT_FALSE(parse(chunked, head));
    EXPECT_EQ(head.framing, BodyFraming::kChunked);
    EXPECT_TRUE(head.expect_continue);
    const std::string largest =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n";
    ASSERT_FALSE(parse(largest, head));
    EXPECT_EQ(head.content_length, 9223372036854775807U);
    const std::string none = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    ASSERT_FALSE(parse(none, head));
    EXPECT_EQ(head.framing, BodyFraming::kNone);
}

TEST(FramingGuard, KeepsConnectionsByVersionAndHeader) {
    const auto keeps = [](const std::string& version, const std::string& headers) {
        Head head;
        const std::string bytes = "GET / HTTP/" + version + "\r\nHost: a\r\n" + headers + "\r\n";
        EXPECT_FALSE(parse(bytes, head)) << bytes;
        return head.keep_alive;
    };
    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
    EXPECT_FALSE(keeps("1.1", "Connection: keep-alive, CLOSE\r\n"));
    EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(FramingGuard, TakesTheAbsoluteForm) {
    Head head;
    const std::string same =
        "GET http://Example.org:80/a?b HTTP/1.1\r\nHost: example.org:80\r\n\r\n";
    ASSERT_FALSE(parse(same, head));
    EXPECT_EQ(head.target, "/a?b");
    EXPECT_EQ(head.path, "/a");
    for (const char* wrong :
         {"http://other.org/a", "http://a", "http://a?b", "ftp://a/b", "http:///b", "http://u@a/",
          "http:/a", "//", "a:80", "http://a:80:80/", "https://[::1/", "a/b", "*", "?a"}) {
        const std::string bytes = std::string("GET ") + wrong + " HTTP/1.1\r\nHost: a\r\n\r\n";
        if (std::string_view(wrong) == "//") {
            EXPECT_EQ(refusal(bytes), 0U) << "origin form with an odd path";
        } else {
            EXPECT_EQ(refusal(bytes), 400U) << wrong;
        }
    }
    EXPECT_EQ(refusal("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"), 400U);
    EXPECT_EQ(refusal("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0U);
}

TEST(FramingGuard, RefusesWrongRequestLines) {
    for (const std::string line : {"GET / HTTP/1.1 ",
                                   " GET / HTTP/1.1",
                                   "GET  / HTTP/1.1",
                                   "GET /  HTTP/1.1",
                                   "GET\t/\tHTTP/1.1",
                                   "GET / HTTP/1.2",
                                   "GET / HTTP/2.0",
                                   "GET / HTTP/0.9",
                                   "GET / http/1.1",
                                   "GET / HTTP/1.10",
                                   "GET /",
                                   "GET",
                                   "GET / ",
                                   "GET / HTTP/1.1\tx",
                                   "G@T / HTTP/1.1",
                                   "GET /a b HTTP/1.1",
                                   "GET /a\tb HTTP/1.1",
                                   "GET /\x7f HTTP/1.1",
                                   "GET /\xc3\xa4 HTTP/1.1",
                                   "GET /#a HTTP/1.1",
                                   "GET / HTTP/1.1\rX: y",
                                   "GET /\x0b HTTP/1.1",
                                   " / HTTP/1.1",
                                   "GET / XTTP/1.1"}) {
        EXPECT_EQ(refusal(line + "\r\nHost: a\r\n\r\n"), 400U) << line;
    }
    EXPECT_EQ(refusal(std::string(33, 'G') + " / HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
    EXPECT_EQ(refusal(std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28)), 400U);
}

TEST(FramingGuard, RefusesWrongHeaderLines) {
    for (const std::string lines :
         {"X : y", "X\t: y", " X: y", "X: y\r\n folded", "X: y\r\n\tfolded", "X", ": y", "X Y: z",
          "X: a\rb", "X: a\nb", "X: a\x01", "X: a\x7f", "X\xc3: y", "(X): y", "X: y\r", "X,Y: z",
          "X: \x0c"}) {
        EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n"), 400U) << lines;
        EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + lines + "\r\nHost: a\r\n\r\n"), 400U) << lines;
    }
    EXPECT_EQ(refusal(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33)), 400U);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\n\r\nX: y\r\n\r\n"), 400U);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\n"), 400U);
    EXPECT_EQ(refusal(""), 400U);
    EXPECT_EQ(refusal("\r\n\r\n"), 400U);
}

TEST(FramingGuard, RefusesAmbiguousFraming) {
    for (const std::string lines :
         {// Transfer-Encoding that is not exactly "chunked"
          "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip",
          "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
          "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
          "Transfer-Encoding:", "Transfer-Encoding: CHUNKED", "Transfer-Encoding: \"chunked\"",
          "Transfer-Encoding: chunked,", "Transfer-Encoding: chunked;q=1",
          "Transfer-Encoding: \vchunked", "Transfer-Encoding : chunked",
          "Transfer-Encoding\t: chunked", "X: y\r\n Transfer-Encoding: chunked",
          // with Content-Length, in either order
          "Transfer-Encoding: chunked\r\nContent-Length: 5",
          "Content-Length: 5\r\nTransfer-Encoding: chunked",
          "Content-Length: 0\r\nTransfer-Encoding: chunked",
          // Content-Length that is not one number
          "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6",
          "Content-Length: 5, 5", "Content-Length: 5,5", "Content-Length: +5", "Content-Length: -5",
          "Content-Length: 5 5", "Content-Length: 0x5", "Content-Length: 5e0",
          "Content-Length:", "Content-Length: 5.0", "Content-Length: 9223372036854775808",
          "Content-Length: 18446744073709551621", "Content-Length: 99999999999999999999999",
          "Content-Length: \xd9\xa5", "content-length: 5\r\nCONTENT-LENGTH: 7"}) {
        EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n"), 400U) << lines;
    }
    EXPECT_EQ(refusal("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400U);
}

TEST(FramingGuard, WantsOneValidHost) {
    for (const std::string lines :
         {"X: y", "Host: a\r\nHost: a", "Host: a\r\nhost: b", "Host:", "Host: a b", "Host: a,b",
          "Host: a/b", "Host: a:b", "Host: a:80:80", "Host: [::1", "Host: a@b", "Host: a\"",
          "Host: [x]", "Host: :80", "Host: a:123456", "Host: a%41"}) {
        EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + lines + "\r\n\r\n"), 400U) << lines;
    }
    for (const std::string lines : {"Host: a_b.example-1.org:8080", "Host: [::1]:80", "Host: [::1]",
                                    "Host: 127.0.0.1:", "hOST: a."}) {
        EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + lines + "\r\n\r\n"), 0U) << lines;
    }
    EXPECT_EQ(refusal("GET / HTTP/1.0\r\n\r\n"), 0U);
    EXPECT_EQ(refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400U);
}

TEST(FramingGuard, HoldsToItsLimits) {
    const auto with_target = [](size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    EXPECT_EQ(refusal(with_target(200)), 0U);
    EXPECT_EQ(refusal(with_target(201)), 414U);
    const auto with_headers = [](size_t size) {
        // "Host: a\r\n" are 9, "X: " and the line's end 5.
        return "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(size - 14, 'a') + "\r\n\r\n";
    };
    EXPECT_EQ(refusal(with_headers(500)), 0U);
    EXPECT_EQ(refusal(with_headers(501)), 431U);
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 199; ++i) many += "X:\r\n";
    Head head;
    EXPECT_FALSE(parse_head(many + "\r\n", HeadLimits{}, head));
    many += "X:\r\n\r\n";
    const auto fault = parse_head(many, HeadLimits{}, head);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->status, 431U);
}

TEST(HeadScanner, FindsTheEndInAnyPieces) {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    const std::string bytes = head + "GET /next HTTP/1.1\r\n";
    for (size_t step = 1; step <= bytes.size(); ++step) {
        HeadScanner scanner(kLimits);
        auto progress = HeadScanner::Progress::kMore;
        for (size_t have = step; progress == HeadScanner::Progress::kMore; have += step) {
            progress = scanner.scan(std::string_view(bytes).substr(0, have));
            ASSERT_LT(have, bytes.size() + step);
        }
        EXPECT_EQ(progress, HeadScanner::Progress::kComplete) << step;
        EXPECT_EQ(scanner.size(), head.size()) << step;
    }
}

TEST(HeadScanner, RefusesWithoutWaitingForTheEnd) {
    const auto refused = [](const std::string& bytes) -> unsigned {
        HeadScanner scanner(kLimits);
        return scanner.scan(bytes) == HeadScanner::Progress::kRefused ? scanner.fault().status : 0;
    };
    EXPECT_EQ(refused("GET / HTTP/1.1\n"), 400U);
    EXPECT_EQ(refused("\n"), 400U);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\n"), 400U);
    EXPECT_EQ(refused("\r\n"), 400U);
    EXPECT_EQ(refused("GET /" + std::string(300, 'a')), 414U);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nX: " + std::string(600, 'a')), 431U);
    EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n"), 0U);
}

}  // namespace
}  // namespace snapgate::net

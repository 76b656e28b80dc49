#include "net/http/header_values.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "net/http/http_date.h"

namespace snapgate::net {
namespace {

TEST(HeaderValues, Tokens) {
    EXPECT_TRUE(is_token("X-Request-Id"));
    EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
    for (const char* wrong : {"", "a b", "a:", "a\t", "(a)", "a\x7f", "\xc3\xa4", "a\"", "a,b"}) {
        EXPECT_FALSE(is_token(wrong)) << wrong;
    }
}

TEST(HeaderValues, MediaTypes) {
    EXPECT_EQ(media_type("Application/JSON; charset=utf-8"), "application/json");
    EXPECT_EQ(media_type("application/json ;x"), "application/json");
    EXPECT_EQ(media_type(""), "");
}

TEST(HeaderValues, ListsHoldWholeMembers) {
    EXPECT_TRUE(list_holds("keep-alive, Close", "close"));
    EXPECT_TRUE(list_holds(" close\t", "close"));
    EXPECT_FALSE(list_holds("closed, not-close", "close"));
    EXPECT_FALSE(list_holds("", "close"));
}

TEST(HeaderValues, AcceptEncoding) {
    for (const char* yes : {"gzip", "GZIP", "deflate, gzip", "gzip;q=1.0", "gzip; q=0.001", "*",
                            "br;q=1, *;q=0.1", "gzip, *;q=0", "x-gzip", "identity;q=0, gzip"}) {
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    }
    for (const char* no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "gzip; q=0", "*;q=0",
                           "br, deflate", "gzip;q=0, *", "gzippy", "*, gzip;Q=0"}) {
        EXPECT_FALSE(accepts_gzip(no)) << no;
    }
}

TEST(HeaderValues, RequestIds) {
    EXPECT_TRUE(is_sane_request_id("a.B_c-9"));
    EXPECT_TRUE(is_sane_request_id(std::string(64, 'a')));
    EXPECT_FALSE(is_sane_request_id(std::string(65, 'a')));
    for (const char* wrong : {"", "a b", "a\"b", "<script>", "a/b", "\xc3\xa4"}) {
        EXPECT_FALSE(is_sane_request_id(wrong)) << wrong;
    }
}

TEST(HttpDate, HasOneForm) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000);
    for (const std::string_view wrong :
         {std::string_view("Sun, 6 Nov 1994 08:49:37 GMT\0", 29),
          std::string_view("Sun,  6 Nov 1994 08:49:37 GMT"),
          std::string_view("Mon, 06 Nov 1994 08:49:37 GMT"),
          std::string_view("Fri, 31 Feb 1995 08:49:37 GMT"), std::string_view("")})
        EXPECT_EQ(parse_http_date(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace snapgate::net

#include "net/http/header_values.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::net {
namespace {

TEST(HeaderValues, Tokens) {
    EXPECT_TRUE(is_token("X-Request-Id"));
    EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
    for (const char* wrong : {"", "a b", "a:", "a\t", "(a)", "a\x7f", "\xc3\xa4", "a\"", "a,b"}) {
        EXPECT_FALSE(is_token(wrong)) << wrong;
    }
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

}  // namespace
}  // namespace snapgate::net

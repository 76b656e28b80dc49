#include "api/etag.h"

#include <gtest/gtest.h>

namespace snapgate::api {
namespace {

bool matches(std::vector<net::Header> headers) {
    net::Request request;
    request.headers = std::move(headers);
    return none_match(request, "W/\"abc\"");
}

TEST(EtagTest, ComparesWeaklyAndInLists) {
    EXPECT_TRUE(matches({{"If-None-Match", "W/\"abc\""}}));
    EXPECT_TRUE(matches({{"if-none-match", "\"abc\""}}));
    EXPECT_TRUE(matches({{"If-None-Match", "\"x\", W/\"abc\" ,\"y\""}}));
    EXPECT_TRUE(matches({{"If-None-Match", "\"x\""}, {"If-None-Match", "\"abc\""}}));
    EXPECT_TRUE(matches({{"If-None-Match", "*"}}));
    for (const char* other : {"", "abc", "\"abcd\"", "\"ab\"", ",,,", "W/", "\"x\",\"y\""})
        EXPECT_FALSE(matches({{"If-None-Match", other}})) << other;
    EXPECT_FALSE(matches({{"If-Match", "\"abc\""}}));
}

}  // namespace
}  // namespace snapgate::api

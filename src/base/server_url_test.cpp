#include "base/server_url.h"

#include <gtest/gtest.h>

#include <string>

namespace snapgate::base {
namespace {

TEST(ServerUrl, TakesWhatItShould) {
    const auto url = parse_server_url("https://Example.org:8443/snap/gate/");
    ASSERT_TRUE(url);
    EXPECT_TRUE(url->tls);
    EXPECT_EQ(url->host, "Example.org");
    EXPECT_EQ(url->port, "8443");
    EXPECT_EQ(url->authority, "Example.org:8443");
    EXPECT_EQ(url->prefix, "/snap/gate");
    EXPECT_EQ(parse_server_url("http://a")->port, "80");
    EXPECT_EQ(parse_server_url("HTTPS://a/")->port, "443");
    const auto v6 = parse_server_url("http://[::1]:80");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "::1");
    EXPECT_EQ(v6->authority, "[::1]:80");
}

TEST(ServerUrl, RefusesTheRestWithoutRepeatingIt) {
    for (const std::string text :
         {"", "a", "a:80", "ftp://a", "http://", "http://:80", "http://a:", "http://a:0",
          "http://a:65536", "http://a:8o", "http://user:secret@a/", "http://[::1", "http://a b/",
          "http://a/?secret", "http://a/#x", "http://a\r\nX: y", "http://::1/"}) {
        const auto url = parse_server_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, Code::kInvalidParameter);
        EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace snapgate::base

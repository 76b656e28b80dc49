#include "etcd/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snapgate::etcd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EtcdEndpoint, ReadsHostAndPort) {
    const Endpoint name = parse_endpoint("https://etcd-1.example.com:2379/").value();
    EXPECT_EQ(name.target, "etcd-1.example.com:2379");
    EXPECT_EQ(name.host, "etcd-1.example.com");
    EXPECT_EQ(name.url, "https://etcd-1.example.com:2379");
    EXPECT_TRUE(name.tls);
    const Endpoint address = parse_endpoint("http://[::1]:1").value();
    EXPECT_EQ(address.target, "[::1]:1");
    EXPECT_EQ(address.host, "::1");
    EXPECT_FALSE(address.tls);
}

TEST(EtcdEndpoint, RefusesAllElse) {
    for (const char* text :
         {"", "etcd:2379", "unix:///etcd", "http://", "http://etcd", "http://:2379",
          "http://etcd:0", "http://etcd:65536", "http://etcd:2379/v3", "http://etcd:2379?a=b",
          "http://et cd:1", "http://a,b:1", "http://[::1:1", "http://[]:1", "http://etcd:+1",
          "http://etcd:1\n"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_EQ(endpoint.error().code, ErrorCode::kInvalidArgument);
        EXPECT_THAT(endpoint.error().message, HasSubstr("http://HOST:PORT"));
    }
}

TEST(EtcdEndpoint, DoesNotShowAPassword) {
    const auto endpoint = parse_endpoint("http://me:secret@etcd:2379");
    ASSERT_FALSE(endpoint);
    EXPECT_THAT(endpoint.error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace snapgate::etcd

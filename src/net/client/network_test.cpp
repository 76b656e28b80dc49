#include "net/client/network.h"

#include <gtest/gtest.h>

namespace snapgate::net {
namespace {

using boost::asio::ip::make_address;

std::string parsed(std::string_view text) {
    const auto network = Network::parse(text);
    if (network) return network->text();
    EXPECT_EQ(network.error().code, base::Code::kInvalidParameter);
    return network.error().message;
}

bool contains(std::string_view network, const std::string& address) {
    const auto read = Network::parse(network);
    EXPECT_TRUE(read) << network;
    return read && read->contains(make_address(address));
}

TEST(Network, ReadsNetworksAndAddresses) {
    EXPECT_EQ(parsed("10.0.0.0/8"), "10.0.0.0/8");
    EXPECT_EQ(parsed("0.0.0.0/0"), "0.0.0.0/0");
    EXPECT_EQ(parsed("192.0.2.1"), "192.0.2.1/32");
    EXPECT_EQ(parsed("::/0"), "::/0");
    EXPECT_EQ(parsed("FD00:0::/8"), "fd00::/8");
    EXPECT_EQ(parsed("::1"), "::1/128");
    EXPECT_EQ(parsed("2001:db8:8000::/33"), "2001:db8:8000::/33");
    // An IPv4 address in the form of IPv6 is that address.
    EXPECT_EQ(parsed("::ffff:127.0.0.1"), "127.0.0.1/32");
    EXPECT_EQ(parsed("::ffff:10.0.0.0/104"), "10.0.0.0/8");
    EXPECT_EQ(parsed("::ffff:0:0/96"), "0.0.0.0/0");
}

TEST(Network, RefusesWhatIsNone) {
    for (const std::string_view text : {"",
                                        "/",
                                        "/8",
                                        "10",
                                        "10.0/8",
                                        "10.0.0.0/",
                                        "10.0.0.0/33",
                                        "10.0.0.0/-1",
                                        "10.0.0.0/+8",
                                        "10.0.0.0/8/8",
                                        "10.0.0.0 /8",
                                        "010.0.0.0/8",
                                        "0x0a.0.0.0/8",
                                        "167772160/8",
                                        "10.0.0.0/255.0.0.0",
                                        "fd00::/129",
                                        "fe80::1%lo",
                                        "fe80::%1/10",
                                        "[::1]",
                                        "::ffff:0:0/95",
                                        "localhost",
                                        "10.0.0.0/8.",
                                        "10.0.0.*"}) {
        EXPECT_NE(parsed(text).find("is no network"), std::string::npos) << text;
    }
    EXPECT_NE(parsed(std::string_view("127.0.0.1\0/32", 13)).find("is no network"),
              std::string::npos);
    EXPECT_EQ(parsed("10.0.0.1/8"), "\"10.0.0.1/8\" has bits behind its prefix: is it 10.0.0.0/8?");
    EXPECT_EQ(parsed("fd00::1/64"), "\"fd00::1/64\" has bits behind its prefix: is it fd00::/64?");
}

TEST(Network, HoldsItsAddressesInEveryForm) {
    EXPECT_TRUE(contains("127.0.0.0/8", "127.255.255.255"));
    EXPECT_TRUE(contains("127.0.0.0/8", "::ffff:127.0.0.1"));
    EXPECT_TRUE(contains("127.0.0.0/8", "::ffff:7f00:1"));
    EXPECT_FALSE(contains("127.0.0.0/8", "128.0.0.0"));
    EXPECT_TRUE(contains("10.128.0.0/9", "10.128.0.0"));
    EXPECT_FALSE(contains("10.128.0.0/9", "10.127.255.255"));
    EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
    EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
    EXPECT_TRUE(contains("::/0", "2001:db8::1"));
    EXPECT_FALSE(contains("::/0", "10.0.0.1"));
    EXPECT_FALSE(contains("::/0", "::ffff:10.0.0.1"));
    EXPECT_TRUE(contains("fe80::/10", "febf::1"));
    EXPECT_FALSE(contains("fe80::/10", "fec0::1"));
    EXPECT_TRUE(contains("fe80::/10", "fe80::1%3"));
    EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(contains("192.0.2.1", "192.0.2.0"));
}

TEST(Network, ReadsLists) {
    const auto list = Network::parse_list("10.0.0.0/8, fd00::/8,192.0.2.1");
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 3U);
    EXPECT_EQ(list->at(1).text(), "fd00::/8");
    EXPECT_TRUE(Network::parse_list("")->empty());
    for (const std::string_view text : {",", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,::1", " "})
        EXPECT_FALSE(Network::parse_list(text)) << text;
    std::string many = "10.0.0.0/8";
    for (int i = 0; i < 1'000; ++i) many += ",10.0.0.0/8";
    EXPECT_FALSE(Network::parse_list(many));
}

}  // namespace
}  // namespace snapgate::net

#include "net/client/address_rules.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/clock_testing.h"
#include "net/client/fake_server_testing.h"
#include "net/client/outbound_link.h"
#include "net/client/outbound_testing.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): all of them run to their end.

namespace snapgate::net {
namespace {

using boost::asio::ip::make_address;

std::vector<Network> networks(std::string_view text) {
    auto list = Network::parse_list(text);
    EXPECT_TRUE(list) << text;
    return list ? *list : std::vector<Network>();
}

AddressRules rules(std::string_view allow, std::string_view deny, bool loopback = false) {
    return {networks(allow), networks(deny), loopback};
}

bool permits(const AddressRules& rules, const std::string& address) {
    return rules.why_denied(make_address(address)).empty();
}

TEST(AddressRules, DenyWhatIsNoPlaceOfACluster) {
    const AddressRules usual = rules("", "");
    for (const char* address : {"127.0.0.1",
                                "127.1.2.3",
                                "0.0.0.0",
                                "0.1.2.3",
                                "169.254.169.254",
                                "169.254.170.2",
                                "100.100.100.200",
                                "168.63.129.16",
                                "192.0.0.192",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::7f00:1",
                                "::ffff:127.0.0.1",
                                "::ffff:7f00:1",
                                "::ffff:169.254.0.1",
                                "::ffff:0.0.0.0",
                                "64:ff9b::7f00:1",
                                "64:ff9b::a9fe:a9fe",
                                "64:ff9b:1::7f00:1",
                                "2002:7f00:1::",
                                "2002:a9fe:a9fe::1",
                                "::ffff:0:7f00:1",
                                "::ffff:0:a9fe:a9fe",
                                "2001:0:7f00:1::f7f7:f7f7",
                                "2001:0:808:808::80ff:fffe",
                                "2001:0:808:808::5601:5601",
                                "2001:db8::5efe:7f00:1",
                                "2001:db8::200:5efe:a9fe:a9fe",
                                "fe80::1",
                                "febf::1",
                                "fec0::1",
                                "fd00:ec2::254",
                                "fd00:ec2::23",
                                "fd20:ce::254",
                                "ff02::1",
                                "100::1"})
        EXPECT_FALSE(permits(usual, address)) << address;
    for (const char* address :
         {"10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "8.8.8.8", "128.0.0.1",
          "169.253.255.255", "169.255.0.0", "223.255.255.255", "fd00::1", "fd00:ec3::1",
          "2001:db8::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:10.0.0.1",
          "::ffff:0:808:808", "2001:0:808:808::f7f7:f7f7", "2001:db8::5efe:808:808",
          "2001:db8::5eff:7f00:1"})
        EXPECT_TRUE(permits(usual, address)) << address;
}

TEST(AddressRules, TheLongestPrefixDecides) {
    const AddressRules some = rules("10.1.0.0/16,10.1.2.3", "10.0.0.0/8,10.1.2.0/24");
    EXPECT_FALSE(permits(some, "10.2.0.1"));
    EXPECT_TRUE(permits(some, "10.1.0.1"));
    EXPECT_FALSE(permits(some, "10.1.2.1"));
    EXPECT_TRUE(permits(some, "10.1.2.3"));
    EXPECT_TRUE(permits(some, "::ffff:10.1.2.3"));
    // Only named networks.
    const AddressRules only = rules("10.0.0.0/8", "0.0.0.0/0,::/0");
    EXPECT_TRUE(permits(only, "10.0.0.1"));
    EXPECT_FALSE(permits(only, "192.168.0.1"));
    EXPECT_FALSE(permits(only, "2001:db8::1"));
    // All networks are not yet those that are denied by themselves.
    const AddressRules all = rules("0.0.0.0/0,::/0,fd00::/8", "");
    EXPECT_FALSE(permits(all, "169.254.169.254"));
    EXPECT_FALSE(permits(all, "127.0.0.1"));
    EXPECT_FALSE(permits(all, "fd00:ec2::254"));
    EXPECT_TRUE(permits(rules("169.254.0.0/16", ""), "169.254.169.254"));
    EXPECT_TRUE(permits(rules("169.254.1.0/24", ""), "169.254.1.1"));
    // Of the same network, the denial.
    EXPECT_FALSE(permits(rules("10.0.0.0/8", "10.0.0.0/8"), "10.0.0.1"));
    // Both the IPv6 address and what it is translated to must be allowed.
    EXPECT_FALSE(permits(rules("64:ff9b::/96", "8.0.0.0/8"), "64:ff9b::808:808"));
    EXPECT_FALSE(permits(rules("", "64:ff9b::/96"), "64:ff9b::808:808"));
}

TEST(AddressRules, LoopbackOnItsOwn) {
    const AddressRules near = rules("", "", true);
    EXPECT_TRUE(permits(near, "127.0.0.1"));
    EXPECT_TRUE(permits(near, "::1"));
    EXPECT_TRUE(permits(near, "::ffff:127.0.0.1"));
    EXPECT_FALSE(permits(near, "::"));
    EXPECT_FALSE(permits(near, "0.0.0.0"));
    EXPECT_FALSE(permits(near, "169.254.169.254"));
    EXPECT_FALSE(permits(rules("", "127.0.0.0/8", true), "127.0.0.1"));
    EXPECT_TRUE(permits(rules("", "127.0.0.0/8", true), "::1"));
    EXPECT_TRUE(permits(rules("127.0.0.0/8", ""), "127.0.0.1"));
    EXPECT_FALSE(permits(rules("127.0.0.0/8", ""), "::1"));
}

AddressRules with_own(std::string_view allow, std::string_view deny) {
    static const base::TestClock clock;
    return {
        networks(allow), networks(deny), false,
        std::make_unique<OwnAddresses>(
            [] { return OwnAddresses::List{make_address("10.0.0.7"), make_address("fd00::7")}; },
            clock)};
}

TEST(AddressRules, OwnAddressesAreNetworksOfOne) {
    const AddressRules usual = with_own("", "");
    for (const char* address : {"10.0.0.7", "::ffff:10.0.0.7", "fd00::7", "64:ff9b::a00:7",
                                "::ffff:0:a00:7", "2002:a00:7::1"})
        EXPECT_FALSE(permits(usual, address)) << address;
    EXPECT_TRUE(permits(usual, "10.0.0.8"));
    EXPECT_TRUE(permits(usual, "fd00::8"));
    EXPECT_TRUE(permits(rules("", ""), "10.0.0.7"));
    // Nothing but their own names allows them.
    EXPECT_FALSE(permits(with_own("10.0.0.0/24,fd00::/64", ""), "10.0.0.7"));
    EXPECT_FALSE(permits(with_own("10.0.0.0/24,fd00::/64", ""), "fd00::7"));
    const AddressRules named = with_own("10.0.0.7,fd00::7", "10.0.0.0/8");
    EXPECT_TRUE(permits(named, "10.0.0.7"));
    EXPECT_TRUE(permits(named, "fd00::7"));
    EXPECT_FALSE(permits(with_own("10.0.0.7", "10.0.0.7"), "10.0.0.7"));
    EXPECT_EQ(usual.why_denied(make_address("10.0.0.7")),
              "it leads to an address of this server's own machine, which is denied to projects "
              "unless --connect-allow ADDRESS of this server allows that address");
    EXPECT_EQ(with_own("", "10.0.0.7").why_denied(make_address("10.0.0.7")),
              "it leads into 10.0.0.7/32, which --connect-deny of this server denies");
}

TEST(AddressRules, WithoutAListOfOwnAddressesNoneIsKnownToBeAnothers) {
    const base::TestClock clock;
    const auto unread = [] {
        return base::Result<OwnAddresses::List>(base::Error(base::Code::kInternal, "no sockets"));
    };
    const AddressRules blind(networks("10.0.0.7"), {}, false,
                             std::make_unique<OwnAddresses>(unread, clock));
    EXPECT_EQ(blind.why_denied(make_address("10.0.0.8")),
              "it may lead to the machine of this server: no sockets");
    EXPECT_TRUE(permits(blind, "10.0.0.7"));
}

TEST(AddressRules, SayWhichSettingDecides) {
    EXPECT_EQ(rules("", "").why_denied(make_address("127.0.0.1")),
              "it leads into 127.0.0.0/8 (loopback addresses), which is denied unless "
              "--connect-allow 127.0.0.0/8 of this server allows it");
    EXPECT_EQ(rules("", "10.0.0.0/8").why_denied(make_address("10.0.0.1")),
              "it leads into 10.0.0.0/8, which --connect-deny of this server denies");
}

// What a connection to a server ends with, and how often the server was connected to.
class Connecting : public testing::Test {
  protected:
    // `found`: the addresses of all names, by the number of the lookup.
    std::string connect(const std::string& host, std::vector<std::vector<std::string>> found = {},
                        bool loopback = false, std::string_view scheme = "http") {
        lookups_ = 0;
        const std::string url =
            std::string(scheme) + "://" + host + ":" + std::to_string(server_.port());
        const auto target =
            target_for({.server = url,
                        .rules = std::make_shared<const AddressRules>(rules("", "", loopback))});
        if (target == nullptr) return "no target";
        std::string reason = "connected";
        run_coroutine([&]() -> Awaitable<void> {
            Resolve resolve = resolve_by_system;
            if (!found.empty()) {
                resolve = [&](const std::string&) {
                    FoundAddresses addresses;
                    for (const auto& one : found.at(std::min(lookups_++, found.size() - 1)))
                        addresses.addresses.push_back(make_address(one));
                    return addresses;
                };
            }
            OutboundLink link(co_await boost::asio::this_coro::executor, target, nullptr, resolve);
            auto done = co_await link.connect(std::chrono::steady_clock::now() + kPatience);
            if (!done) reason = done.error().subject;
        });
        return reason;
    }

    size_t lookups_ = 0;
    FakeServer server_{[](FakeServer::Peer& peer, int) { peer.read_to_end(); }};
};

TEST_F(Connecting, EveryFormOfAnAddressIsTheAddress) {
    // Those that are no address in decimals are for the system's resolver, as for every program.
    for (const char* host : {"127.0.0.1",
                             "127.1",
                             "127.0.1",
                             "2130706433",
                             "0x7f000001",
                             "0x7f.1",
                             "0177.0.0.1",
                             "017700000001",
                             "0",
                             "0.0.0.0",
                             "[::1]",
                             "[::]",
                             "[::ffff:127.0.0.1]",
                             "[::ffff:7f00:1]",
                             "[0:0:0:0:0:ffff:7f00:0001]",
                             "[64:ff9b::7f00:1]",
                             "localhost",
                             "LOCALHOST",
                             "169.254.169.254",
                             "2852039166",
                             "0xa9fea9fe"})
        EXPECT_EQ(connect(host), outbound_reason::kDenied) << host;
    // A system may not know it.
    EXPECT_NE(connect("localhost."), "connected");
    EXPECT_EQ(server_.connections(), 0);
    EXPECT_EQ(connect("127.0.0.1", {}, true), "connected");
    EXPECT_EQ(connect("[::ffff:127.0.0.1]", {}, true), "connected");
}

TEST_F(Connecting, ANameIsJudgedByTheAddressesThatAreConnectedTo) {
    EXPECT_EQ(connect("cluster.example.org", {{"127.0.0.1"}}), outbound_reason::kDenied);
    EXPECT_EQ(connect("cluster.example.org", {{"::ffff:127.0.0.1", "169.254.169.254"}}),
              outbound_reason::kDenied);
    // What is left of several is tried. 240.0.0.1 would be refused by the system.
    EXPECT_EQ(connect("cluster.example.org", {{"169.254.169.254", "127.0.0.1"}}, true),
              "connected");
    // A name that changes: it is looked up once for each connection, and that answer counts.
    EXPECT_EQ(connect("cluster.example.org", {{"169.254.169.254"}, {"127.0.0.1"}}, true),
              outbound_reason::kDenied);
    EXPECT_EQ(lookups_, 1U);
}

TEST_F(Connecting, PlainHttpLeadsToLoopbackAlone) {
    EXPECT_EQ(connect("localhost", {{"192.0.2.1"}}, true), outbound_reason::kDenied);
    EXPECT_EQ(connect("192.0.2.1", {}, true), outbound_reason::kDenied);
}

TEST_F(Connecting, NoUserInTheUrl) {
    for (const char* server : {"http://example.org@127.0.0.1:80", "http://127.0.0.1:80@example.org",
                               "http://127.0.0.1:80#@example.org", "http://127.0.0.1 .example.org",
                               "http://127.0.0.1%2eexample.org", "http://[::1%251]:80",
                               "http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1"})
        EXPECT_FALSE(OutboundTarget::make({.server = server})) << server;
}

}  // namespace
}  // namespace snapgate::net

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

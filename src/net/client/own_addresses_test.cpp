#include "net/client/own_addresses.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/clock_testing.h"
#include "base/file_descriptor.h"

namespace snapgate::net {
namespace {

using base::Code;
using base::Error;
using base::Result;
using boost::asio::ip::make_address;

class OwnAddressesTest : public testing::Test {
  protected:
    bool contain(const std::string& address) {
        const auto found = own_.contain(make_address(address));
        EXPECT_TRUE(found);
        return found && *found;
    }

    base::TestClock clock_;
    Result<OwnAddresses::List> list_ = OwnAddresses::List();
    int reads_ = 0;
    OwnAddresses own_{[this] {
                          ++reads_;
                          return list_;
                      },
                      clock_};
};

TEST_F(OwnAddressesTest, EveryFormOfAnAddressIsTheAddress) {
    list_ = OwnAddresses::List{make_address("fd00::2"), make_address("192.0.2.2"),
                               make_address("fe80::1%1")};
    EXPECT_TRUE(contain("192.0.2.2"));
    EXPECT_TRUE(contain("::ffff:192.0.2.2"));
    EXPECT_TRUE(contain("fd00::2"));
    EXPECT_TRUE(contain("fe80::1"));
    EXPECT_FALSE(contain("192.0.2.3"));
    EXPECT_FALSE(contain("fd00::3"));
    EXPECT_FALSE(contain("::192.0.2.2"));
}

TEST_F(OwnAddressesTest, AreReadAnewOnceASecond) {
    EXPECT_FALSE(contain("192.0.2.2"));
    list_ = OwnAddresses::List{make_address("192.0.2.2")};
    clock_.advance(999);
    EXPECT_FALSE(contain("192.0.2.2"));
    EXPECT_EQ(reads_, 1);
    clock_.advance(1);
    EXPECT_TRUE(contain("192.0.2.2"));
    EXPECT_EQ(reads_, 2);
}

TEST_F(OwnAddressesTest, StayWhatTheyWereWhileTheyCannotBeRead) {
    list_ = Error(Code::kInternal, "no sockets");
    EXPECT_EQ(own_.contain(make_address("192.0.2.2")).error().message, "no sockets");
    list_ = OwnAddresses::List{make_address("192.0.2.2")};
    EXPECT_TRUE(contain("192.0.2.2"));
    list_ = Error(Code::kInternal, "no sockets");
    clock_.advance(1'000);
    EXPECT_TRUE(contain("192.0.2.2"));
    EXPECT_FALSE(contain("192.0.2.3"));
    EXPECT_EQ(reads_, 3);
}

// Where a packet to elsewhere would leave this machine from, or nothing if it has no such network.
std::string outside_address() {
    const base::FileDescriptor probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(0xc0000201);  // connecting sends nothing
    socklen_t size = sizeof(address);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return {};
    return boost::asio::ip::address_v4(ntohl(address.sin_addr.s_addr)).to_string();
}

TEST(OwnAddressesOfThisMachine, AreThoseOfItsInterfaces) {
    OwnAddresses own;
    const auto loopback = own.contain(make_address("127.0.0.1"));
    ASSERT_TRUE(loopback) << loopback.error().message;
    EXPECT_FALSE(*loopback);
    EXPECT_FALSE(*own.contain(make_address("198.51.100.77")));
    const std::string outside = outside_address();
    if (!outside.empty()) EXPECT_TRUE(*own.contain(make_address(outside))) << outside;
}

}  // namespace
}  // namespace snapgate::net

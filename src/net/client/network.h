#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::net {

// An IP network: an address and the number of its leading bits that count. An IPv4 address written
// as IPv6 (::ffff:192.0.2.1) is that IPv4 address, and no IPv6 network holds it. A plain value.
class Network {
  public:
    // 10.0.0.0/8, fd00::/8; an address without a prefix is a network of one. kInvalidParameter for
    // anything else, also for an address with bits behind its prefix.
    static base::Result<Network> parse(std::string_view text);
    // A list with commas between; "" is an empty one.
    static base::Result<std::vector<Network>> parse_list(std::string_view text);

    bool contains(const boost::asio::ip::address& address) const;
    // Of two networks with a common address, the one with more bits lies in the other. Those of
    // IPv4 count 96 more than are written.
    unsigned bits() const { return bits_; }
    // Those of a network of one address.
    static constexpr unsigned kMostBits = 128;
    std::string text() const;

    bool operator==(const Network&) const = default;

  private:
    using Bytes = std::array<unsigned char, 16>;

    Network(const boost::asio::ip::address& address, unsigned written_bits);
    static Bytes bytes_of(const boost::asio::ip::address& address);

    Bytes bytes_{};  // IPv4 as ::ffff:0:0/96
    unsigned bits_ = 0;
    bool v4_ = false;
};

// The IPv4 address if `address` is one written as IPv6, else `address`.
boost::asio::ip::address without_mapping(const boost::asio::ip::address& address);

}  // namespace snapgate::net

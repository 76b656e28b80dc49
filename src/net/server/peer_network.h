#pragma once

#include <boost/asio/ip/address.hpp>
#include <compare>
#include <cstdint>
#include <cstring>

#include "net/client/network.h"

namespace snapgate::net {

// Whose connections are counted together: an IPv4 address, or the 64 leading bits of an IPv6 one,
// of which a single machine has all others to itself. A plain value.
struct PeerNetwork {
    bool v6 = false;
    uint64_t bits = 0;

    static PeerNetwork of(const boost::asio::ip::address& address) {
        const auto plain = without_mapping(address);
        if (plain.is_v4()) return {false, plain.to_v4().to_uint()};
        const auto bytes = plain.to_v6().to_bytes();
        PeerNetwork network{true, 0};
        std::memcpy(&network.bits, bytes.data(), sizeof(network.bits));
        return network;
    }

    auto operator<=>(const PeerNetwork&) const = default;
};

}  // namespace snapgate::net

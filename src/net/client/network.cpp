#include "net/client/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/decimal.h"
#include "net/http/header_values.h"

namespace snapgate::net {

namespace ip = boost::asio::ip;
using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96
constexpr size_t kMaxNetworks = 1'000;

Error no_network(std::string_view text) {
    return {Code::kInvalidParameter,
            fmt::format("\"{}\" is no network, as in 10.0.0.0/8 or fd00::/8", text.substr(0, 64))};
}

// The bits of `byte` that a prefix of `bits` reaches, where `before` bits stand in front of it.
unsigned char kept(unsigned char byte, unsigned before, unsigned bits) {
    if (bits <= before) return 0;
    const unsigned here = std::min(bits - before, 8U);
    return static_cast<unsigned char>(byte & (0xff00U >> here));
}

}  // namespace

ip::address without_mapping(const ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

Network::Bytes Network::bytes_of(const ip::address& address) {
    const ip::address_v6 v6 =
        address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    return v6.to_bytes();
}

Network::Network(const ip::address& address, unsigned written_bits)
    : bytes_(bytes_of(address)),
      bits_(address.is_v4() ? written_bits + kMappedBits : written_bits),
      v4_(address.is_v4()) {}

Result<Network> Network::parse(std::string_view text) {
    const size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    boost::system::error_code ec;
    const ip::address address = ip::make_address(host, ec);
    // An address with a zone (fe80::1%eth0) belongs to one interface, which a network does not.
    if (ec || host.find_first_of(std::string_view("%\0", 2)) != std::string::npos)
        return no_network(text);
    const unsigned most = address.is_v4() ? 32 : 128;
    unsigned bits = most;
    if (slash != std::string_view::npos) {
        const auto read = base::read_decimal(text.substr(slash + 1), most);
        if (!read) return no_network(text);
        bits = static_cast<unsigned>(*read);
    }
    const ip::address plain = without_mapping(address);
    if (plain.is_v4() && address.is_v6()) {
        // A wider one would hold IPv6 addresses, too.
        if (bits < kMappedBits) return no_network(text);
        bits -= kMappedBits;
    }
    Network network(plain, bits);
    Bytes base = network.bytes_;
    for (unsigned i = 0; i < base.size(); ++i) base[i] = kept(base[i], i * 8, network.bits_);
    if (base == network.bytes_) return network;
    network.bytes_ = base;
    return Error(Code::kInvalidParameter,
                 fmt::format("\"{}\" has bits behind its prefix: is it {}?", text.substr(0, 64),
                             network.text()));
}

Result<std::vector<Network>> Network::parse_list(std::string_view text) {
    std::vector<Network> networks;
    while (!text.empty()) {
        const size_t comma = text.find(',');
        SNAPGATE_ASSIGN(const Network network, parse(trim_blanks(text.substr(0, comma))));
        if (networks.size() == kMaxNetworks) {
            return Error(Code::kInvalidParameter,
                         fmt::format("has more than {} networks", kMaxNetworks));
        }
        networks.push_back(network);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
        if (text.empty()) return no_network(text);
    }
    return networks;
}

bool Network::contains(const ip::address& address) const {
    const ip::address plain = without_mapping(address);
    if (plain.is_v4() != v4_) return false;
    const Bytes bytes = bytes_of(plain);
    for (unsigned i = 0; i < bytes.size(); ++i) {
        if (kept(bytes[i], i * 8, bits_) != bytes_[i]) return false;
    }
    return true;
}

std::string Network::text() const {
    const ip::address_v6 v6(bytes_);
    if (!v4_) return fmt::format("{}/{}", v6.to_string(), bits_);
    return fmt::format("{}/{}", ip::make_address_v4(ip::v4_mapped, v6).to_string(),
                       bits_ - kMappedBits);
}

}  // namespace snapgate::net

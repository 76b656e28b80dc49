#include "net/client/address_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <utility>

namespace snapgate::net {

namespace ip = boost::asio::ip;

namespace {

constexpr std::array<std::string_view, 2> kLoopback = {"127.0.0.0/8", "::1"};

struct Special {
    std::string_view network;
    std::string_view what;
};

// https://www.iana.org/assignments/iana-ipv4-special-registry, -ipv6-special-registry; and where
// clouds serve metadata beside link-local addresses.
constexpr std::array<Special, 17> kSpecial = {{
    {"0.0.0.0/8", "addresses of this host"},
    {"100.100.100.200", "the address of a cloud's metadata"},
    {"127.0.0.0/8", "loopback addresses"},
    {"168.63.129.16", "the address of a cloud's metadata"},
    {"169.254.0.0/16", "link-local addresses, where clouds serve metadata"},
    {"192.0.0.0/24", "reserved addresses"},
    {"224.0.0.0/4", "multicast addresses"},
    {"240.0.0.0/4", "reserved addresses"},
    {"::/96", "reserved addresses"},
    {"::", "the address of this host"},
    {"::1", "the loopback address"},
    {"100::/64", "reserved addresses"},
    {"fd00:ec2::/32", "addresses of a cloud's metadata"},
    {"fd20:ce::254", "the address of a cloud's metadata"},
    {"fe80::/10", "link-local addresses"},
    {"fec0::/10", "site-local addresses"},
    {"ff00::/8", "multicast addresses"},
}};

Network known(std::string_view text) {
    const auto network = Network::parse(text);
    assert(network);
    return *network;
}

// IPv6 addresses of which a gateway or a tunnel makes an IPv4 address, and the place of that in
// them. `flipped`: it is there with all its bits turned over.
struct Translated {
    Network network;
    size_t at;
    bool flipped = false;
};

const std::vector<Translated>& translated() {
    static const std::vector<Translated> all = {
        {known("64:ff9b::/96"), 12},     // NAT64, RFC 6052
        {known("64:ff9b:1::/48"), 12},   // RFC 8215
        {known("::ffff:0:0:0/96"), 12},  // SIIT, RFC 2765
        {known("2002::/16"), 2},         // 6to4, RFC 3056
        {known("2001::/32"), 4},         // Teredo, RFC 4380: the server,
        {known("2001::/32"), 12, true},  // and the client
    };
    return all;
}

ip::address_v4 embedded(const ip::address_v6::bytes_type& bytes, size_t at, bool flipped = false) {
    ip::address_v4::bytes_type inner{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), inner.size(), inner.begin());
    if (flipped)
        for (unsigned char& byte : inner) byte = static_cast<unsigned char>(~byte);
    return ip::address_v4(inner);
}

// RFC 5214: in every network, an interface with such a name holds the IPv4 address behind it.
bool is_isatap(const ip::address_v6::bytes_type& bytes) {
    return (bytes[8] & 0xfdU) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

std::vector<ip::address_v4> all_embedded(const ip::address& address) {
    std::vector<ip::address_v4> found;
    if (!address.is_v6()) return found;
    const auto bytes = address.to_v6().to_bytes();
    for (const auto& [network, at, flipped] : translated())
        if (network.contains(address)) found.push_back(embedded(bytes, at, flipped));
    if (is_isatap(bytes)) found.push_back(embedded(bytes, 12));
    return found;
}

}  // namespace

bool is_loopback(const ip::address& address) {
    return without_mapping(address).is_loopback();
}

AddressRules::AddressRules(const std::vector<Network>& allowed, const std::vector<Network>& denied,
                           bool loopback, std::unique_ptr<OwnAddresses> own)
    : own_(std::move(own)) {
    for (const auto& [network, what] : kSpecial) add(known(network), false, std::string(what));
    if (loopback) {
        for (const std::string_view network : kLoopback) add(known(network), true);
    }
    for (const Network& network : allowed) add(network, true);
    for (const Network& network : denied) add(network, false);
}

void AddressRules::add(const Network& network, bool allows, std::string what) {
    rules_.push_back({network, allows, std::move(what)});
}

std::string AddressRules::judge(const ip::address& address) const {
    const Rule* decides = nullptr;
    for (const Rule& rule : rules_) {
        if (!rule.network.contains(address)) continue;
        if (decides == nullptr || rule.network.bits() >= decides->network.bits()) decides = &rule;
    }
    if (decides == nullptr || decides->allows) {
        const bool by_name = decides != nullptr && decides->network.bits() == Network::kMostBits;
        return by_name ? std::string() : why_own(address);
    }
    const std::string network = decides->network.text();
    if (decides->what.empty())
        return fmt::format("it leads into {}, which --connect-deny of this server denies", network);
    return fmt::format(
        "it leads into {} ({}), which is denied unless --connect-allow {} of this server allows it",
        network, decides->what, network);
}

std::string AddressRules::why_own(const ip::address& address) const {
    if (!own_) return {};
    const auto own = own_->contain(address);
    if (!own) return "it may lead to the machine of this server: " + own.error().message;
    if (!*own) return {};
    return "it leads to an address of this server's own machine, which is denied to projects "
           "unless "
           "--connect-allow ADDRESS of this server allows that address";
}

std::string AddressRules::why_denied(const ip::address& address) const {
    std::string why = judge(address);
    for (const ip::address_v4& inner : all_embedded(address)) {
        if (!why.empty()) break;
        why = judge(inner);
    }
    return why;
}

}  // namespace snapgate::net

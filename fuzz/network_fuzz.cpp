// Whatever a list of networks and a server's URL are: they are read or refused, a network holds
// what it is written as, and no spelling of a denied address is permitted.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>

#include "base/server_url.h"
#include "check.h"
#include "input.h"
#include "net/client/address_rules.h"
#include "net/client/network.h"

namespace {

namespace ip = boost::asio::ip;
using snapgate::fuzz::check;
using snapgate::fuzz::check_equal;
using snapgate::net::AddressRules;
using snapgate::net::Network;

// An address that is written as text, under rules of two lists.
void judge(const std::string& text, const std::vector<Network>& allowed,
           const std::vector<Network>& denied) {
    boost::system::error_code ec;
    const ip::address address = ip::make_address(text, ec);
    if (ec) return;
    const AddressRules none({}, {}, false);
    const AddressRules some(allowed, denied, false);
    if (address.is_v4()) {
        const ip::address mapped = ip::make_address_v6(ip::v4_mapped, address.to_v4());
        check_equal(none.why_denied(mapped), none.why_denied(address), "a mapped address");
        check_equal(some.why_denied(mapped), some.why_denied(address), "a mapped address, allowed");
    }
    const bool special =
        address.is_loopback() || address.is_multicast() || address.is_unspecified();
    check(!special || !none.why_denied(address).empty(), "a special address is denied");
    for (const Network& network : denied) {
        const bool single = network.contains(address) && network.bits() == 128;
        check(!single || !some.why_denied(address).empty(), "what is denied by itself is denied");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = snapgate::fuzz::text_of(bytes, size);
    const size_t first = text.find('\n');
    const size_t second = first == std::string_view::npos ? first : text.find('\n', first + 1);

    const auto url = snapgate::base::parse_server_url(text.substr(0, first));
    if (url) {
        check(!url->host.empty() && !url->port.empty(), "a URL has a host and a port");
        check(url->authority.find_first_of("@/?#\\ \r\n") == std::string::npos, "an authority");
        const auto again = snapgate::base::parse_server_url(url->text() + url->prefix);
        check(again && again->host == url->host && again->port == url->port, "read again");
    } else {
        check(url.error().subject == "server", "the subject of a refusal");
    }
    if (first == std::string_view::npos) return 0;
    const auto allowed = Network::parse_list(text.substr(first + 1, second - first - 1));
    if (!allowed) {
        snapgate::fuzz::check_says_why(allowed.error());
        return 0;
    }
    for (const Network& network : *allowed) {
        const auto again = Network::parse(network.text());
        check(again && *again == network, "a network is read as it is written");
    }
    const auto denied = second == std::string_view::npos
                            ? Network::parse_list("")
                            : Network::parse_list(text.substr(second + 1));
    if (!denied) return 0;
    if (url) judge(url->host, *allowed, *denied);
    for (const Network& network : *allowed) {
        const std::string whole = network.text();
        judge(whole.substr(0, whole.find('/')), *allowed, *denied);
    }
    return 0;
}

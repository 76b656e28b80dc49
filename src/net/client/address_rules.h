#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "net/client/network.h"

namespace snapgate::net {

// Which addresses this process connects to for somebody who must not reach everything that it
// reaches. Of all networks that hold an address, the one with the longest prefix decides; of a
// network that is both allowed and denied, denied. What is in no network is allowed.
//
// Denied without further words are loopback, link-local (where clouds serve metadata and
// credentials), multicast and reserved addresses, and "this host". So 0.0.0.0/0 does not allow
// 169.254.169.254, but 169.254.0.0/16 does.
//
// Immutable; any thread.
class AddressRules {
  public:
    // `loopback`: loopback addresses are allowed, where `denied` does not hold them.
    AddressRules(const std::vector<Network>& allowed, const std::vector<Network>& denied,
                 bool loopback);

    // "" for an address that may be connected to, else why not, with the setting that changes it.
    // The text names networks and not the address, which a name may have led to. An address that
    // a gateway translates (NAT64, 6to4) must be allowed, and the IPv4 address in it, too.
    std::string why_denied(const boost::asio::ip::address& address) const;

  private:
    struct Rule {
        Network network;
        bool allows = false;
        std::string what;  // of a rule that nobody has set: the addresses in it
    };

    std::string judge(const boost::asio::ip::address& address) const;
    void add(const Network& network, bool allows, std::string what = {});

    std::vector<Rule> rules_;  // of two rules for one network the later counts
};

bool is_loopback(const boost::asio::ip::address& address);

}  // namespace snapgate::net

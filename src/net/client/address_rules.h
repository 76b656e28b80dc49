#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string>
#include <vector>

#include "net/client/network.h"
#include "net/client/own_addresses.h"

namespace snapgate::net {

// Which addresses this process connects to for somebody who must not reach everything that it
// reaches. Of all networks that hold an address, the one with the longest prefix decides; of a
// network that is both allowed and denied, denied. What is in no network is allowed.
//
// Denied without further words are loopback, link-local (where clouds serve metadata and
// credentials), multicast and reserved addresses, and "this host". So 0.0.0.0/0 does not allow
// 169.254.169.254, but 169.254.0.0/16 does. Each address of this machine may be denied as a network
// of its own, which then only its own name allows.
//
// Any thread.
class AddressRules {
  public:
    // `loopback`: loopback addresses are allowed, where `denied` does not hold them. `own`: the
    // addresses that are denied as this machine's; null for none.
    AddressRules(const std::vector<Network>& allowed, const std::vector<Network>& denied,
                 bool loopback, std::unique_ptr<OwnAddresses> own = nullptr);

    // "" for an address that may be connected to, else why not, with the setting that changes it.
    // The text names networks and not the address, which a name may have led to. An address that
    // a gateway or a tunnel makes an IPv4 address of (NAT64, SIIT, 6to4, Teredo, ISATAP) must be
    // allowed, and the IPv4 address in it, too.
    std::string why_denied(const boost::asio::ip::address& address) const;

  private:
    struct Rule {
        Network network;
        bool allows = false;
        std::string what;  // of a rule that nobody has set: the addresses in it
    };

    std::string judge(const boost::asio::ip::address& address) const;
    std::string why_own(const boost::asio::ip::address& address) const;
    void add(const Network& network, bool allows, std::string what = {});

    std::vector<Rule> rules_;  // of two rules for one network the later counts
    std::unique_ptr<OwnAddresses> own_;
};

bool is_loopback(const boost::asio::ip::address& address);

}  // namespace snapgate::net

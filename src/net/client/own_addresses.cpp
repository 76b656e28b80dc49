#include "net/client/own_addresses.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/free_with.h"
#include "net/client/network.h"

namespace snapgate::net {

namespace ip = boost::asio::ip;
using base::Code;
using base::Error;
using base::Result;

namespace {

// With many interfaces, reading their addresses takes milliseconds.
constexpr int64_t kKeptMs = 1'000;

// Without the interface that an IPv6 address may carry.
ip::address bare(const ip::address& address) {
    const ip::address plain = without_mapping(address);
    return plain.is_v4() ? plain : ip::address_v6(plain.to_v6().to_bytes());
}

std::optional<ip::address> address_of(const sockaddr* address) {
    if (address == nullptr) return std::nullopt;
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof(v4));
        return ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof(v6));
        ip::address_v6::bytes_type bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return ip::address_v6(bytes);
    }
    return std::nullopt;
}

Result<OwnAddresses::List> read_interfaces() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) {
        return Error(Code::kInternal,
                     fmt::format("the addresses of this machine cannot be read: {} (a sandbox has "
                                 "to allow AF_NETLINK)",
                                 std::strerror(errno)));
    }
    const std::unique_ptr<ifaddrs, base::FreeWith<freeifaddrs>> all(first);
    OwnAddresses::List list;
    for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
        const auto address = address_of(one->ifa_addr);
        if (address && !without_mapping(*address).is_loopback()) list.push_back(*address);
    }
    return list;
}

}  // namespace

OwnAddresses::OwnAddresses() : OwnAddresses(read_interfaces, base::system_clock()) {}

OwnAddresses::OwnAddresses(Read read, const base::Clock& clock)
    : read_(std::move(read)), clock_(clock) {}

Result<bool> OwnAddresses::contain(const ip::address& address) {
    const base::MutexLock lock(mutex_);
    const int64_t now = clock_.steady_ms();
    if (!list_ || now - read_at_ms_ >= kKeptMs) {
        auto list = read_();
        if (!list && !list_) return std::move(list).error();
        read_at_ms_ = now;
        if (list) {
            for (ip::address& one : *list) one = bare(one);
            std::ranges::sort(*list);
            list_ = std::move(*list);
        }
    }
    return std::ranges::binary_search(*list_, bare(address));
}

}  // namespace snapgate::net

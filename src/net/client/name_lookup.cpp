#include "net/client/name_lookup.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "base/annotations.h"

namespace snapgate::net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

constexpr size_t kMaxAddresses = 16;

std::atomic<int> count_under_way = 0;

struct Place {
    Place() = default;
    ~Place() { --count_under_way; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
};

Error cannot(const std::string& host, std::string_view why) {
    return Error(Code::kUnavailable,
                 fmt::format("the host name \"{}\" cannot be looked up: {}", host, why));
}

asio::ip::address address_of(const sockaddr& found) {
    if (found.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &found, sizeof(v4));
        return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, &found, sizeof(v6));
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
    return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

}  // namespace

FoundAddresses resolve_by_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    FoundAddresses found;
    if (failed != 0) {
        found.fault =
            failed == EAI_SYSTEM ? std::generic_category().message(errno) : ::gai_strerror(failed);
        return found;
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed(list, ::freeaddrinfo);
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
        const asio::ip::address address = address_of(*one->ai_addr);
        const auto& all = found.addresses;
        if (std::find(all.begin(), all.end(), address) != all.end()) continue;
        found.addresses.push_back(address);
        if (all.size() == kMaxAddresses) break;
    }
    if (found.addresses.empty()) found.fault = "it has no address";
    return found;
}

int NameLookup::under_way() {
    return count_under_way;
}

struct NameLookup::Shared {
    explicit Shared(int fd) : ended(fd) {}
    ~Shared() { ::close(ended); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    const int ended;  // an eventfd, readable once `found` is there
    base::Mutex mutex;
    FoundAddresses found SNAPGATE_GUARDED_BY(mutex);
};

Result<std::unique_ptr<NameLookup>> NameLookup::start(const Executor& executor,
                                                      const std::string& host, Resolve resolve) {
    if (++count_under_way > kMaxAtOnce) {
        --count_under_way;
        return cannot(host, fmt::format("{} other lookups are under way, which is the most at "
                                        "once: are the name servers of this machine out of order?",
                                        kMaxAtOnce));
    }
    auto place = std::make_unique<Place>();
    const int ended = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ended < 0) return cannot(host, std::generic_category().message(errno));
    auto shared = std::make_shared<Shared>(ended);
    // Each side closes its own.
    const int ours = ::fcntl(ended, F_DUPFD_CLOEXEC, 0);
    if (ours < 0) return cannot(host, std::generic_category().message(errno));
    std::unique_ptr<NameLookup> lookup(new NameLookup(executor, shared));
    error_code ec;
    lookup->ended_.assign(ours, ec);
    if (ec) {
        ::close(ours);
        return cannot(host, ec.message());
    }
    try {
        std::thread([shared = std::move(shared), place = std::move(place), host,
                     resolve = std::move(resolve)]() mutable {
            FoundAddresses found = resolve(host);
            {
                const base::MutexLock lock(shared->mutex);
                shared->found = std::move(found);
            }
            // Freed before the waiter wakes, so that its next lookup finds a free place.
            place.reset();
            const uint64_t one = 1;
            // Fails only where the count is full, which one cannot do.
            static_cast<void>(::write(shared->ended, &one, sizeof(one)) == sizeof(one));
        }).detach();
    } catch (const std::system_error& error) {
        return cannot(host, fmt::format("no thread for it ({})", error.code().message()));
    }
    return lookup;
}

NameLookup::NameLookup(const Executor& executor, std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), ended_(executor) {}

NameLookup::~NameLookup() = default;

Awaitable<bool> NameLookup::wait() {
    const asio::use_awaitable_t<Executor> token;
    error_code ec;
    co_await ended_.async_wait(Descriptor::wait_read, asio::redirect_error(token, ec));
    co_return !ec;
}

void NameLookup::stop() {
    error_code ignored;
    ended_.cancel(ignored);
}

FoundAddresses NameLookup::take() {
    const base::MutexLock lock(shared_->mutex);
    return std::move(shared_->found);
}

}  // namespace snapgate::net

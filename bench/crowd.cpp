#include "crowd.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace snapgate::bench {
namespace {

constexpr size_t kBuffer = 1 << 20;

[[noreturn]] void fail(std::string_view what) {
    throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

Crowd::Crowd(const Options& options)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kBuffer), end_(options.events ? "\n\n" : "\n") {
    if (epoll_ < 0) fail("epoll");
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls(
        options.tls ? SSL_CTX_new(TLS_client_method()) : nullptr, SSL_CTX_free);
    if (tls) SSL_CTX_set_mode(tls.get(), SSL_MODE_RELEASE_BUFFERS);
    watchers_.resize(options.watchers);
    for (uint32_t i = 0; i < watchers_.size(); ++i) {
        connect(watchers_[i], options, tls.get());
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u32 = i;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, watchers_[i].fd, &event) != 0) fail("epoll");
    }
}

Crowd::~Crowd() {
    for (const Watcher& watcher : watchers_) {
        if (watcher.fd >= 0) ::close(watcher.fd);
    }
    if (epoll_ >= 0) ::close(epoll_);
}

void Crowd::connect(Watcher& watcher, const Options& options, SSL_CTX* tls) {
    watcher.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (watcher.fd < 0) fail("a socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(watcher.fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        fail("connecting");
    const std::string request =
        options.events
            ? fmt::format("GET {} HTTP/1.0\r\nApiKey: {}\r\nAccept: text/event-stream\r\n\r\n",
                          options.target, options.key)
            : fmt::format("GET {} HTTP/1.0\r\nAuthorization: Bearer {}\r\n\r\n", options.target,
                          options.key);
    if (tls != nullptr) {
        watcher.ssl.reset(SSL_new(tls));
        SSL_set_fd(watcher.ssl.get(), watcher.fd);
        if (SSL_connect(watcher.ssl.get()) != 1) fail("TLS");
        if (SSL_write(watcher.ssl.get(), request.data(), static_cast<int>(request.size())) <= 0)
            fail("TLS");
    } else if (::send(watcher.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
               static_cast<ssize_t>(request.size())) {
        fail("sending a request");
    }
    // Byte by byte at its end: what comes behind the head is counted.
    const std::string_view last = options.events ? "data: {}\n\n" : "\r\n\r\n";
    std::string head;
    while (!head.ends_with(last)) {
        char byte = 0;
        const ssize_t count = tls != nullptr ? SSL_read(watcher.ssl.get(), &byte, 1)
                                             : ::recv(watcher.fd, &byte, 1, 0);
        if (count <= 0) fail("reading the head of a watch");
        head.push_back(byte);
    }
    if (!head.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("refused: " + head);
}

// False if there is nothing more to read now.
bool Crowd::read(uint32_t index) {
    Watcher& watcher = watchers_[index];
    const bool reads = index == 0 && !watcher.ssl;
    const ssize_t count = watcher.ssl
                              ? ::recv(watcher.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT)
                              : ::recv(watcher.fd, buffer_.data(), buffer_.size(),
                                       MSG_DONTWAIT | (reads ? 0 : MSG_TRUNC));
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (count <= 0) {
        watcher.open = false;
        ++ended_;
        epoll_ctl(epoll_, EPOLL_CTL_DEL, watcher.fd, nullptr);
        return false;
    }
    if (reads) {
        const std::string_view came(buffer_.data(), static_cast<size_t>(count));
        for (size_t at = 0; at < came.size(); ++at) {
            matched_ = came[at] == '\n' ? matched_ + 1 : 0;
            if (matched_ < end_.size()) continue;
            matched_ = 0;
            ends_.push_back(watcher.bytes + at + 1);
        }
    }
    watcher.bytes += static_cast<uint64_t>(count);
    return static_cast<size_t>(count) == buffer_.size();
}

void Crowd::take(Clock::time_point deadline, std::chrono::milliseconds quiet,
                 std::vector<Arrival>* arrivals) {
    std::array<epoll_event, 512> events;
    Clock::time_point last = Clock::now();
    while (true) {
        const Clock::time_point before = Clock::now();
        if (before >= deadline || before - last >= quiet) return;
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
        if (count < 0 && errno != EINTR) fail("epoll");
        const Clock::time_point now = Clock::now();
        if (count > 0) last = now;
        for (int i = 0; i < count; ++i) {
            const uint32_t index = events[static_cast<size_t>(i)].data.u32;
            while (read(index)) {
            }
            if (arrivals != nullptr) arrivals->push_back({now, index, watchers_[index].bytes});
        }
    }
}

size_t Crowd::fewest() const {
    uint64_t bytes = UINT64_MAX;
    for (const Watcher& watcher : watchers_) bytes = std::min(bytes, watcher.bytes);
    return static_cast<size_t>(std::ranges::upper_bound(ends_, bytes) - ends_.begin());
}

uint64_t Crowd::bytes() const {
    uint64_t bytes = 0;
    for (const Watcher& watcher : watchers_) bytes += watcher.bytes;
    return bytes;
}

}  // namespace snapgate::bench

// Whatever a server sends in answer to a request: it is an answer within the bounds, or an error
// with its reason, and nothing of it is read beyond its framing.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <string>

#include "check.h"
#include "input.h"
#include "net/client/outbound.h"

namespace {

namespace net = snapgate::net;
using snapgate::fuzz::check;

constexpr size_t kMostBody = 16 << 10;
constexpr std::chrono::milliseconds kPatience{10'000};

// A server's socket. The kernel takes connections for it: all happens on one thread.
class Listening {
  public:
    Listening() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        check(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0, "a free port");
        check(::listen(fd_, 16) == 0, "it listens");
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        const auto target = net::OutboundTarget::make(
            {.server = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))});
        check(target.has_value(), "a target");
        target_ = *target;
    }

    const std::shared_ptr<const net::OutboundTarget>& target() const { return target_; }

    // Says the bytes to who has connected, and ends. The client's port is not kept from use.
    void answer(std::string_view bytes) const {
        const int peer = ::accept(fd_, nullptr, nullptr);
        const linger at_once{1, 0};
        check(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(bytes.size()),
              "the kernel has room for it");
        ::shutdown(peer, SHUT_WR);
        ended_ = peer;
        static_cast<void>(::setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
    }
    void close_peer() const { ::close(ended_); }

  private:
    int fd_;
    mutable int ended_ = -1;
    std::shared_ptr<const net::OutboundTarget> target_;
};

net::Awaitable<void> exchange(const Listening& server, std::string_view bytes, bool head_only) {
    auto connection = co_await net::Outbound::connect(server.target(), kPatience);
    check(connection.has_value(), "it is connected");
    server.answer(bytes);
    net::ClientRequest request;
    request.method = head_only ? "HEAD" : "GET";
    request.target = "/";
    auto answer = co_await (*connection)->send(request, kPatience);
    if (!answer) {
        check(!answer.error().subject.empty() && !answer.error().message.empty(), "a reason");
        check(!(*connection)->reusable(), "after an error a connection is of no more use");
    } else {
        check(answer->status >= 200 && answer->status <= 999, "a status");
        auto body = co_await (*connection)->read_all(kMostBody, kPatience);
        if (body) {
            check(body->size() <= kMostBody && body->size() <= bytes.size(), "a body's size");
            check(!head_only || body->empty(), "a HEAD has no body");
        } else {
            check(!body.error().subject.empty(), "a reason for half a body");
            check(!(*connection)->reusable(), "after half a body there is no second answer");
        }
    }
    connection->reset();
    server.close_peer();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    static const Listening server;
    if (size == 0 || size > (32U << 10)) return 0;
    boost::asio::io_context context{1};
    const std::string_view text = snapgate::fuzz::text_of(bytes + 1, size - 1);
    boost::asio::co_spawn(context, exchange(server, text, bytes[0] % 8 == 7),
                          [](const std::exception_ptr& thrown) {
                              if (thrown) std::rethrow_exception(thrown);
                          });
    context.run();
    return 0;
}

#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace snapgate::net {

// For tests of clients: accepts connections on a free port of loopback one after the other, and
// plays a script to each: what a server must not do.
class FakeServer {
  public:
    class Peer {
      public:
        explicit Peer(int fd) : fd_(fd) {}
        int fd() const { return fd_; }
        void send(std::string_view bytes) const {
            while (!bytes.empty()) {
                const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (count <= 0) return;
                bytes.remove_prefix(static_cast<size_t>(count));
            }
        }
        // Until `text` has come; what came is returned, also if the client ends before.
        std::string read_until(std::string_view text) const {
            std::string all;
            char byte = 0;
            while (all.find(text) == std::string::npos && ::recv(fd_, &byte, 1, 0) == 1) {
                all.push_back(byte);
            }
            return all;
        }
        std::string read_head() const { return read_until("\r\n\r\n"); }
        std::string read_to_end() const { return read_until(std::string_view("\0never\0", 7)); }

      private:
        int fd_;
    };
    // `number` counts the connections from 0.
    using Script = std::function<void(Peer&, int number)>;

    explicit FakeServer(Script script)
        : script_(std::move(script)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(listening_, 16) != 0 ||
            ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            return;
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    // The client must be gone, or end by itself.
    ~FakeServer() {
        ::shutdown(listening_, SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
        ::close(listening_);
    }
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    uint16_t port() const { return port_; }
    std::string url(std::string_view scheme = "http") const {
        return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_);
    }
    int connections() const { return connections_; }

  private:
    void run() {
        while (true) {
            const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            Peer peer(fd);
            script_(peer, connections_++);
            ::close(fd);
        }
    }

    Script script_;
    int listening_;
    uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

}  // namespace snapgate::net

#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "net/http/header_values.h"

namespace snapgate::net {

// For tests: a client socket that sends exactly the bytes it is given, and reads answers. Every
// wait ends after 30 s, which a test sees as an answer that is missing.
class RawConnection {
  public:
    // Not connected yet.
    RawConnection() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{30, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    }
    explicit RawConnection(uint16_t port) : RawConnection() { connect(port); }

    void connect(uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
    ~RawConnection() { ::close(fd_); }
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    int fd() const { return fd_; }
    bool connected() const { return connected_; }

    // False if the server has gone.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(count));
        }
        return true;
    }
    void end_sending() const { ::shutdown(fd_, SHUT_WR); }

    struct Answer {
        unsigned status = 0;
        std::string head;  // with its empty line
        std::string body;

        std::optional<std::string_view> header(std::string_view name) const {
            std::string_view rest = head;
            while (!rest.empty()) {
                const size_t end = rest.find("\r\n");
                const std::string_view line = rest.substr(0, end);
                rest.remove_prefix(std::min(rest.size(), end + 2));
                const size_t colon = line.find(':');
                if (colon != std::string_view::npos &&
                    base::equal_ignoring_case(line.substr(0, colon), name)) {
                    return trim_blanks(line.substr(colon + 1));
                }
            }
            return std::nullopt;
        }
    };

    // The next answer; nullopt if the connection ends before its end. `no_body`: to a HEAD.
    std::optional<Answer> read_answer(bool no_body = false) {
        size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) return std::nullopt;
        }
        Answer answer;
        answer.head = received_.substr(0, end + 4);
        received_.erase(0, end + 4);
        if (answer.head.size() < 12) return std::nullopt;
        std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
        size_t length = 0;
        if (const auto text = answer.header("Content-Length"); text && !no_body) {
            std::from_chars(text->data(), text->data() + text->size(), length);
        }
        while (received_.size() < length) {
            if (!receive()) return std::nullopt;
        }
        answer.body = received_.substr(0, length);
        received_.erase(0, length);
        return answer;
    }

    // Everything until the server closes; `closed` is false if it does not.
    std::string read_to_end(bool* closed = nullptr) {
        while (receive()) {
        }
        if (closed != nullptr) *closed = ended_;
        return std::exchange(received_, {});
    }

    // What was received and not read as an answer.
    std::string take_received() { return std::exchange(received_, {}); }

    // Whether the server has closed, without reading on.
    bool receive() {
        char bytes[16 << 10];
        const ssize_t count = ::recv(fd_, bytes, sizeof(bytes), 0);
        if (count > 0) {
            received_.append(bytes, static_cast<size_t>(count));
            return true;
        }
        ended_ = count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return false;
    }

  private:
    int fd_;
    bool connected_ = false;
    bool ended_ = false;
    std::string received_;
};

}  // namespace snapgate::net

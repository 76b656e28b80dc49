#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/http/http.h"
#include "net/tls/tls_session.h"

namespace snapgate::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> kUseAwaitable{};

// One accepted connection's bytes, plain or TLS, and its deadline. The deadline is a time that the
// owner's thread looks at every so often (expire_if_due), not a timer for each operation: setting
// one costs a clock reading. Lives on its socket's thread.
class Transport {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Transport(Socket socket) : socket_(std::move(socket)) {}

    // From now on, whatever waits ends after `time`.
    void arm(std::chrono::milliseconds time) {
        deadline_ = Clock::now() + time;
        expired_ = false;
        stall_ = {};
    }
    void disarm() { deadline_ = Clock::time_point::max(); }
    // Ends what waits if its time is over. A write that waits goes on if the peer has taken
    // something since it was armed.
    void expire_if_due(Clock::time_point now);
    // Whether the last operation failed because of the deadline.
    bool expired() const { return expired_; }

    // The first byte, which stays unread; nullopt if there is none.
    Awaitable<std::optional<unsigned char>> peek();
    // False if the client gave up or offers nothing we take.
    Awaitable<bool> handshake(std::shared_ptr<boost::asio::ssl::context> context);
    bool tls() const { return tls_.has_value(); }

    // At least one byte; 0 at the end, after an error or the deadline.
    Awaitable<size_t> read_some(char* into, size_t size);
    using Texts = std::span<const std::string_view>;
    // All texts, in one system call where the socket takes them; the deadline starts anew with each
    // part that the peer takes. False if it does not take all. `head` may be changed.
    Awaitable<bool> write(std::string& head, Texts body, std::string_view tail,
                          std::chrono::milliseconds stall);

    // Whether bytes have come that nobody has read.
    bool has_unread() const;
    // What is there to read now, without waiting.
    TlsSession::Step read_now(char* into, size_t size);
    // Calls `done` on this thread when there is something to read, the peer is gone, or what waits
    // was ended by the deadline, stop_waiting() or close().
    template <class Done>
    void when_readable(Done done) {
        socket_.async_wait(boost::asio::socket_base::wait_read,
                           [done = std::move(done)](boost::system::error_code) { done(); });
    }
    void stop_waiting();
    bool open() const { return socket_.is_open(); }
    // Ends the connection so that the peer gets what was written last: says goodbye on TLS, and
    // reads away what still comes if `unread`, since closing would reset the connection. Each takes
    // at most `time`.
    Awaitable<void> finish(bool unread, std::chrono::milliseconds time);
    // At once. Whatever waits fails.
    void close();
    // At once, and so that the peer cannot take it for an end in good order.
    void reset();

    // Address and port, or "" if the peer is gone.
    std::string peer() const;

  private:
    Awaitable<bool> write_plain(std::string_view head, Texts body, std::string_view tail,
                                std::chrono::milliseconds stall);
    Awaitable<bool> write_tls(std::string& record, Texts body, std::string_view tail,
                              std::chrono::milliseconds stall);
    // `more`: another call follows.
    Awaitable<bool> write_records(std::string_view bytes, bool more,
                                  std::chrono::milliseconds stall);

    // Arms a write: its time begins anew as long as the peer takes something.
    void arm_write(std::chrono::milliseconds stall);
    // Bytes that were written and that the peer's machine has not acknowledged.
    int unacknowledged();

    // False if that will not be.
    Awaitable<bool> until(TlsSession::State state);

    Socket socket_;
    std::optional<TlsSession> tls_;
    Clock::time_point deadline_ = Clock::time_point::max();
    bool expired_ = false;
    std::chrono::milliseconds stall_{};  // of a write that waits; 0: something else does
    int waiting_bytes_ = 0;              // unacknowledged() when that write was last looked at
};

}  // namespace snapgate::net

#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "net/client/name_lookup.h"
#include "net/client/outbound_target.h"
#include "net/tls/tls_session.h"

namespace snapgate::net {

// The bytes of an outbound connection, plain or TLS: each operation with the time at which it is
// given up. At rest it keeps no buffers. After an Error it is closed. Belongs to the thread of its
// executor; one operation at a time.
class OutboundLink {
  public:
    using Clock = std::chrono::steady_clock;

    // `breaker` may be null; else it outlives this object. `resolve` looks names up, on a thread of
    // its own.
    OutboundLink(const Executor& executor, std::shared_ptr<const OutboundTarget> target,
                 OutboundBreaker* breaker, Resolve resolve = resolve_by_system);
    ~OutboundLink();
    OutboundLink(const OutboundLink&) = delete;
    OutboundLink& operator=(const OutboundLink&) = delete;

    // Name, connection and TLS handshake. Errors as Outbound's.
    Awaitable<base::Result<void>> connect(Clock::time_point deadline);

    // As much as is taken now; kWantRead or kWantWrite: writable() tells when to try again.
    TlsSession::Step write_now(std::string_view bytes);
    // Waits until more may be taken, or there is something to read: a server that answers before it
    // has taken all may never take the rest.
    Awaitable<base::Result<void>> writable(Clock::time_point deadline);

    // What is there now; kWantRead or kWantWrite: readable() tells when to try again.
    TlsSession::Step read_now(char* into, size_t size);
    // Waits until there may be something to read.
    Awaitable<base::Result<void>> readable(TlsSession::State state, Clock::time_point deadline);

    // After a read that was kEnded. Whether the server ended the connection in good order.
    bool ended_in_order() const { return ended_in_order_; }
    // The error for a connection that ended too early, or not in good order. `when`: what it cut.
    base::Error lost(std::string_view when) const;

    // The server does not know who we are. Where it knew us by our certificate, it may have
    // forgotten that with the session before: the next connection begins anew.
    void doubt_ticket() const;

    const OutboundTarget& target() const { return *target_; }
    bool open() const { return socket_.is_open(); }
    bool is_cut() const { return cut_; }
    base::Error was_cut() const;
    void close();
    // Ends whatever is under way.
    void cut();

  private:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
    using Timer =
        boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
    using Endpoint = boost::asio::ip::tcp::endpoint;

    Awaitable<base::Result<std::vector<Endpoint>>> look_up(Clock::time_point deadline);
    // Takes out the endpoints that the target's rules deny; an error if none is left. What is left
    // is what open() connects to: no name is looked up a second time.
    base::Result<std::vector<Endpoint>> permitted(std::vector<Endpoint> endpoints) const;
    // What went wrong, if anything did.
    Awaitable<boost::system::error_code> open(Endpoint endpoint, Clock::time_point deadline);
    // TLS, on a connection that is open to `endpoint`.
    Awaitable<base::Result<void>> secure(Endpoint endpoint, Clock::time_point deadline);
    // `tickets` may be null.
    Awaitable<base::Result<void>> shake_hands(Clock::time_point deadline,
                                              std::shared_ptr<TlsTickets> tickets);
    base::Error connect_error(const boost::system::error_code& ec) const;
    base::Error handshake_error() const;
    // False after an error, the deadline or cut().
    Awaitable<bool> until(TlsSession::State state, Clock::time_point deadline);
    void arm(Clock::time_point deadline);
    void disarm();
    void stop_waiting();

    // Counts an open connection of this process while it lives.
    class Counted;

    const std::shared_ptr<const OutboundTarget> target_;
    OutboundBreaker* const breaker_;
    const Resolve resolve_;
    std::unique_ptr<Counted> counted_;  // while the socket is open
    Socket socket_;
    Timer timer_;
    // Counts the times the timer was set. A timer that has run out may still be called after it was
    // set anew, or after the end of this object: it looks whether it is the one that counts.
    const std::shared_ptr<uint64_t> turn_ = std::make_shared<uint64_t>(0);
    std::unique_ptr<NameLookup> lookup_;
    std::optional<TlsSession> tls_;
    bool showed_ticket_ = false;
    bool expired_ = false;
    bool cut_ = false;
    bool ended_in_order_ = false;
    int ended_by_ = 0;  // errno of the end
};

}  // namespace snapgate::net

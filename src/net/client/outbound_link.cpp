#include "net/client/outbound_link.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/decimal.h"
#include "net/client/address_rules.h"
#include "net/tls/openssl_handles.h"
#include "net/tls/tls_fault.h"

namespace snapgate::net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;

namespace {

constexpr asio::use_awaitable_t<Executor> kToken{};

// A peer that is gone without a word is noticed within about half a minute.
constexpr int kIdleSeconds = 10;
constexpr int kIntervalSeconds = 5;
constexpr int kProbes = 3;
constexpr int kUnacknowledgedMillis = 20'000;

void set_options(int socket) {
    const auto set = [socket](int level, int name, int value) {
        // A kernel that knows one of them not is no reason to do without the connection.
        static_cast<void>(::setsockopt(socket, level, name, &value, sizeof(value)));
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, kIntervalSeconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, kProbes);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMillis);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
}

std::atomic<size_t> open_connections = 0;
std::atomic<size_t> most_connections = SIZE_MAX;

bool is_unreachable(const error_code& ec) {
    return ec == asio::error::host_unreachable || ec == asio::error::network_unreachable ||
           ec == asio::error::address_family_not_supported ||
           ec == boost::system::errc::address_not_available;
}

}  // namespace

void bound_outbound(size_t most) {
    most_connections = most;
}

class OutboundLink::Counted {
  public:
    Counted() : among_most_(++open_connections <= most_connections) {}
    ~Counted() { --open_connections; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    bool among_most() const { return among_most_; }

  private:
    const bool among_most_;
};

OutboundLink::OutboundLink(const Executor& executor, std::shared_ptr<const OutboundTarget> target,
                           OutboundBreaker* breaker, Resolve resolve)
    : target_(std::move(target)),
      breaker_(breaker),
      resolve_(std::move(resolve)),
      socket_(executor),
      timer_(executor) {
    if (breaker_ == nullptr) return;
    cut_ = breaker_->cut_;
    breaker_->on_cut_ = [this] { cut(); };
}

OutboundLink::~OutboundLink() {
    if (breaker_ != nullptr) breaker_->on_cut_ = nullptr;
    ++*turn_;
}

void OutboundLink::arm(Clock::time_point deadline) {
    expired_ = false;
    timer_.expires_at(deadline);
    timer_.async_wait([this, turn = turn_, mine = ++*turn_](const error_code& ec) {
        if (ec || *turn != mine) return;
        expired_ = true;
        stop_waiting();
    });
}

void OutboundLink::disarm() {
    ++*turn_;
    timer_.cancel();
}

void OutboundLink::stop_waiting() {
    error_code ignored;
    socket_.cancel(ignored);
    if (lookup_) lookup_->stop();
}

void OutboundLink::close() {
    error_code ignored;
    tls_.reset();
    socket_.close(ignored);
    counted_.reset();
}

void OutboundLink::cut() {
    cut_ = true;
    // The socket is closed by who waits for it: OpenSSL must not find it gone.
    stop_waiting();
}

Error OutboundLink::was_cut() const {
    return target_->fault(Code::kUnavailable, outbound_reason::kReset,
                          "is no longer waited for: the connection was ended from this side");
}

Error OutboundLink::lost(std::string_view when) const {
    if (tls_ && tls_->fault() != 0 && !ended_in_order_ && ended_by_ == 0) {
        const TlsFault fault = tls_fault(tls_->native(), tls_->fault());
        if (fault != TlsFault::kEnded) return handshake_error();
    }
    if (ended_by_ == ETIMEDOUT || ended_by_ == EHOSTUNREACH || ended_by_ == ENETUNREACH) {
        return target_->fault(
            Code::kUnavailable, outbound_reason::kReset,
            fmt::format("does not react any more ({}): is it, or the network to it, down?",
                        std::generic_category().message(ended_by_)));
    }
    return target_->fault(Code::kUnavailable, outbound_reason::kReset,
                          fmt::format("ended the connection {}", when));
}

Awaitable<Result<void>> OutboundLink::connect(Clock::time_point deadline) {
    if (cut_) co_return was_cut();
    SNAPGATE_CO_ASSIGN(auto found, co_await look_up(deadline));
    SNAPGATE_CO_ASSIGN(const auto endpoints, permitted(std::move(found)));
    error_code telling;
    size_t left = endpoints.size();
    for (const Endpoint& endpoint : endpoints) {
        // Each address gets its share of what time is left: one that swallows everything must not
        // keep the others from their turn.
        const auto now = Clock::now();
        const auto share = now + (deadline - now) / static_cast<int>(left--);
        const error_code ec = co_await open(endpoint, share);
        if (cut_) {
            close();
            co_return was_cut();
        }
        if (!ec) {
            if (!target_->parts().tls) co_return Result<void>();
            co_return co_await secure(endpoint, deadline);
        }
        close();
        // That a machine has no IPv6 says nothing where the IPv4 address refused us.
        if (!telling || is_unreachable(telling)) telling = ec;
    }
    co_return connect_error(telling);
}

Awaitable<Result<std::vector<OutboundLink::Endpoint>>> OutboundLink::look_up(
    Clock::time_point deadline) {
    const base::ServerUrl& url = target_->parts().url;
    const auto port = static_cast<uint16_t>(base::read_decimal(url.port, UINT16_MAX).value_or(0));
    std::vector<Endpoint> endpoints;
    error_code ec;
    const auto numeric = asio::ip::make_address(url.host, ec);
    if (!ec) {
        endpoints.emplace_back(numeric, port);
        co_return endpoints;
    }
    auto started = NameLookup::start(socket_.get_executor(), url.host, resolve_);
    if (!started) {
        co_return target_->failure(Code::kUnavailable, outbound_reason::kNameNotFound,
                                   started.error().message);
    }
    lookup_ = std::move(*started);
    arm(deadline);
    const bool ended = co_await lookup_->wait();
    disarm();
    const std::unique_ptr<NameLookup> lookup = std::move(lookup_);
    if (cut_) co_return was_cut();
    if (!ended) {
        co_return target_->failure(
            Code::kTimeout, outbound_reason::kNameNotFound,
            fmt::format("looking up the host name \"{}\" took too long: do the name servers of "
                        "this machine answer?",
                        url.host));
    }
    const FoundAddresses found = lookup->take();
    if (found.addresses.empty()) {
        co_return target_->failure(
            Code::kUnavailable, outbound_reason::kNameNotFound,
            fmt::format("the host name \"{}\" is not known ({}): check the name, and the name "
                        "servers of this machine",
                        url.host, found.fault));
    }
    for (const auto& address : found.addresses) endpoints.emplace_back(address, port);
    co_return endpoints;
}

Result<std::vector<OutboundLink::Endpoint>> OutboundLink::permitted(
    std::vector<Endpoint> endpoints) const {
    const OutboundTarget::Parts& parts = target_->parts();
    if (!parts.rules) return endpoints;
    std::string why;
    std::erase_if(endpoints, [&](const Endpoint& endpoint) {
        std::string denied = parts.rules->why_denied(endpoint.address());
        if (denied.empty() && !parts.tls && !is_loopback(endpoint.address())) {
            denied = "plain http is for loopback addresses alone, and it leads to another one";
        }
        if (why.empty()) why = denied;
        return !denied.empty();
    });
    if (endpoints.empty())
        return target_->failure(Code::kUnavailable, outbound_reason::kDenied, why);
    return endpoints;
}

Awaitable<error_code> OutboundLink::open(Endpoint endpoint, Clock::time_point deadline) {
    error_code ec;
    counted_ = std::make_unique<Counted>();
    if (!counted_->among_most()) {
        counted_.reset();
        co_return boost::system::errc::make_error_code(boost::system::errc::too_many_files_open);
    }
    socket_.open(endpoint.protocol(), ec);
    if (ec) co_return ec;
    set_options(socket_.native_handle());
    socket_.non_blocking(true, ec);
    if (ec) co_return ec;
    arm(deadline);
    co_await socket_.async_connect(endpoint, asio::redirect_error(kToken, ec));
    disarm();
    if (ec && expired_) co_return error_code(asio::error::timed_out);
    co_return ec;
}

Error OutboundLink::connect_error(const error_code& ec) const {
    if (ec == asio::error::connection_refused) {
        return target_->failure(Code::kUnavailable, outbound_reason::kRefused,
                                "connection refused: is the server running, and is this its port?");
    }
    if (ec == boost::system::errc::too_many_files_open) {
        return target_->failure(Code::kUnavailable, outbound_reason::kTooMany,
                                "this server has as many connections as it may: raise the limit "
                                "of its open files");
    }
    if (ec == asio::error::timed_out) {
        return target_->failure(
            Code::kTimeout, outbound_reason::kConnectTimeout,
            "connecting took too long: is the address right, and does a firewall let us through?");
    }
    return target_->failure(Code::kUnavailable, outbound_reason::kUnreachable,
                            fmt::format("{}: is there a route to it from here?", ec.message()));
}

Awaitable<Result<void>> OutboundLink::secure(Endpoint endpoint, Clock::time_point deadline) {
    auto shaken = co_await shake_hands(deadline, target_->parts().tickets);
    if (shaken || !showed_ticket_ || cut_ || expired_) co_return shaken;
    // Some servers give tickets and cannot take them back: OpenSSL's that ask for client
    // certificates and were given no name for their sessions end each such handshake.
    if (co_await open(endpoint, deadline)) {
        close();
        co_return shaken;
    }
    auto shaken_again = co_await shake_hands(deadline, nullptr);
    if (shaken_again) target_->parts().tickets->pause();
    co_return shaken_again;
}

Awaitable<Result<void>> OutboundLink::shake_hands(Clock::time_point deadline,
                                                  std::shared_ptr<TlsTickets> tickets) {
    const OutboundTarget::Parts& parts = target_->parts();
    tls_.emplace(parts.tls, socket_.native_handle(), TlsSession::Side::kClient);
    SSL* ssl = tls_->native();
    X509_VERIFY_PARAM* checked = SSL_get0_param(ssl);
    // Names are in the alternative names; the subject's was never meant for it (RFC 9110, 4.3.4).
    X509_VERIFY_PARAM_set_hostflags(
        checked, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const std::string& name = parts.verified_name;
    // Where it is a name, it is the same that is indicated.
    bool named = true;
    if (!name.empty()) {
        named = parts.indicated_name.empty()
                    ? X509_VERIFY_PARAM_set1_ip_asc(checked, name.c_str()) == 1
                    : X509_VERIFY_PARAM_set1_host(checked, name.data(), name.size()) == 1;
    }
    if (!parts.indicated_name.empty()) {
        named = named && SSL_set_tlsext_host_name(ssl, parts.indicated_name.c_str()) == 1;
    }
    if (!named) {
        ERR_clear_error();
        close();
        co_return target_->failure(Code::kUnavailable, outbound_reason::kTls,
                                   "its name cannot be checked against a certificate");
    }
    if (tickets) tls_->use(std::move(tickets));
    showed_ticket_ = tls_->showed_ticket();
    while (true) {
        errno = 0;
        const TlsSession::Step step = tls_->handshake();
        const int number = errno;
        if (step.state == TlsSession::State::kDone) {
            const X509* shown = SSL_get0_peer_certificate(ssl);
            if (shown != nullptr) *parts.server_certificate_expires_ms = expires_ms_of(shown);
            if (!parts.certificate_digest.empty() &&
                (shown == nullptr || digest_of(shown) != parts.certificate_digest)) {
                close();
                co_return target_->failure(Code::kUnavailable,
                                           outbound_reason::kCertificateNotTrusted,
                                           "it shows another certificate than it was said to have");
            }
            co_return Result<void>();
        }
        if (step.state == TlsSession::State::kEnded) {
            ended_by_ = tls_->fault() == 0 ? number : 0;
            Error error = handshake_error();
            close();
            co_return error;
        }
        if (!co_await until(step.state, deadline)) {
            close();
            if (cut_) co_return was_cut();
            if (!expired_) {
                co_return target_->failure(Code::kUnavailable, outbound_reason::kReset,
                                           "the connection was lost during the TLS handshake");
            }
            co_return target_->failure(Code::kTimeout, outbound_reason::kConnectTimeout,
                                       "the TLS handshake took too long: does it speak TLS?");
        }
    }
}

void OutboundLink::doubt_ticket() const {
    const OutboundTarget::Parts& parts = target_->parts();
    if (tls_ && tls_->is_resumed() && parts.has_certificate) parts.tickets->pause();
}

Error OutboundLink::handshake_error() const {
    const auto failed = [this](std::string_view reason, std::string_view why) {
        return target_->failure(Code::kUnavailable, reason, why);
    };
    const OutboundTarget::Parts& parts = target_->parts();
    const std::string text = tls_fault_text(tls_->native(), tls_->fault());
    switch (tls_fault(tls_->native(), tls_->fault())) {
        case TlsFault::kWrongName:
            return failed(outbound_reason::kCertificateWrongName,
                          fmt::format("its certificate is for other names than \"{}\": {}",
                                      parts.verified_name, parts.advice.wrong_name));
        case TlsFault::kExpired:
            return failed(outbound_reason::kCertificateExpired,
                          "its certificate has expired: the server needs a new one");
        case TlsFault::kNotYetValid:
            return failed(outbound_reason::kCertificateNotTrusted,
                          "its certificate is not valid yet: check both clocks");
        case TlsFault::kNotTrusted:
            return failed(outbound_reason::kCertificateNotTrusted,
                          fmt::format("its certificate is not trusted ({}): {}", text,
                                      parts.advice.not_trusted));
        case TlsFault::kPlainText:
            return failed(outbound_reason::kTls,
                          "it speaks no TLS on this port: is the port right? If it is, use http:// "
                          "instead of https://");
        case TlsFault::kClientUnknown:
            return failed(
                outbound_reason::kTls,
                parts.has_certificate
                    ? fmt::format("it does not take our client certificate ({}): has it expired, "
                                  "or was it signed by an authority that the server does not know?",
                                  text)
                    : fmt::format("it wants a client certificate ({}), and none is given", text));
        // As a load balancer does that has nothing behind it: that says nothing about TLS.
        case TlsFault::kEnded:
            return failed(outbound_reason::kReset,
                          "it ended the connection during the TLS handshake: is anything behind "
                          "it? If it speaks no TLS on this port, use http:// instead of https://");
        case TlsFault::kOther:
            break;
    }
    return failed(outbound_reason::kTls, fmt::format("TLS failed: {}", text));
}

Awaitable<bool> OutboundLink::until(TlsSession::State state, Clock::time_point deadline) {
    if (cut_) co_return false;
    error_code ec;
    arm(deadline);
    co_await socket_.async_wait(state == TlsSession::State::kWantWrite
                                    ? asio::socket_base::wait_write
                                    : asio::socket_base::wait_read,
                                asio::redirect_error(kToken, ec));
    disarm();
    co_return !ec && !cut_;
}

TlsSession::Step OutboundLink::write_now(std::string_view bytes) {
    using State = TlsSession::State;
    if (tls_) return tls_->write(bytes.data(), bytes.size());
    const ssize_t count = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return {State::kDone, static_cast<size_t>(count)};
    const bool full = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return {full ? State::kWantWrite : State::kEnded};
}

Awaitable<Result<void>> OutboundLink::writable(Clock::time_point deadline) {
    error_code ec;
    bool heard = false;
    if (!cut_) {
        arm(deadline);
        socket_.async_wait(asio::socket_base::wait_read,
                           [this, &heard, turn = turn_, mine = *turn_](const error_code& failed) {
                               if (failed || *turn != mine) return;
                               heard = true;
                               stop_waiting();
                           });
        co_await socket_.async_wait(asio::socket_base::wait_write,
                                    asio::redirect_error(kToken, ec));
        disarm();
        // The wait for something to read.
        stop_waiting();
    }
    if (cut_) co_return was_cut();
    if (!ec || heard) co_return Result<void>();
    if (!expired_) co_return lost("before it had taken the request");
    co_return target_->fault(Code::kTimeout, outbound_reason::kAnswerTimeout,
                             "did not take the request in time");
}

TlsSession::Step OutboundLink::read_now(char* into, size_t size) {
    using State = TlsSession::State;
    errno = 0;
    if (tls_) {
        const TlsSession::Step step = tls_->read(into, size);
        if (step.state == State::kEnded) {
            ended_by_ = tls_->fault() == 0 ? errno : 0;
            ended_in_order_ = tls_->ended_in_order();
        }
        return step;
    }
    const ssize_t count = ::recv(socket_.native_handle(), into, size, 0);
    if (count > 0) return {State::kDone, static_cast<size_t>(count)};
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return {State::kWantRead};
    }
    ended_in_order_ = count == 0;
    ended_by_ = errno;
    return {State::kEnded};
}

Awaitable<Result<void>> OutboundLink::readable(TlsSession::State state,
                                               Clock::time_point deadline) {
    if (co_await until(state, deadline)) co_return Result<void>();
    if (cut_) co_return was_cut();
    if (expired_) {
        co_return target_->fault(Code::kTimeout, outbound_reason::kAnswerTimeout,
                                 "did not answer in time: is it overloaded, or hung?");
    }
    co_return lost("");
}

}  // namespace snapgate::net

#include "net/client/client_link.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <utility>

#include "net/tls/tls_fault.h"

namespace snapgate::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Code;
using base::Error;
using base::Result;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr size_t kReadBytes = 64 << 10;

Error unavailable(const ServerUrl& url, std::string_view why) {
    return Error(Code::kUnavailable, fmt::format("cannot reach {}: {}", url.text(), why));
}

Error timed_out(const ServerUrl& url, std::string_view what) {
    return Error(Code::kTimeout,
                 fmt::format("cannot reach {}: {} took too long", url.text(), what));
}

bool is_address(const std::string& host) {
    error_code ec;
    asio::ip::make_address(host, ec);
    return !ec;
}

Error handshake_error(const ServerUrl& url, SSL* ssl, const error_code& ec) {
    // Asio has words of its own for a connection that just ended.
    const bool said = ec.category() == asio::error::get_ssl_category();
    const unsigned long error = said ? static_cast<unsigned long>(ec.value()) : 0;
    switch (tls_fault(ssl, error)) {
        case TlsFault::kWrongName:
            return unavailable(url, fmt::format("its certificate is for other names than \"{}\": "
                                                "use a name that the certificate holds",
                                                url.host));
        case TlsFault::kExpired:
            return unavailable(url, "its certificate has expired: the server needs a new one");
        case TlsFault::kNotYetValid:
            return unavailable(url, "its certificate is not valid yet: check both clocks");
        case TlsFault::kNotTrusted:
            return unavailable(url,
                               fmt::format("its certificate is not trusted ({}): use --ca FILE "
                                           "with the certificate of the authority that signed it",
                                           tls_fault_text(ssl, error)));
        case TlsFault::kPlainText:
            return unavailable(url,
                               "it speaks no TLS on this port: use http:// instead of https://");
        case TlsFault::kEnded:
            return unavailable(url,
                               "it ended the connection during the TLS handshake: if it speaks no "
                               "TLS, use http:// instead of https://");
        case TlsFault::kClientUnknown:
        case TlsFault::kOther:
            break;
    }
    return unavailable(url, fmt::format("the TLS handshake failed: {}", ec.message()));
}

}  // namespace

ClientLink::ClientLink(std::shared_ptr<asio::ssl::context> tls) : context_(std::move(tls)) {}

ClientLink::~ClientLink() {
    error_code ignored;
    socket_.close(ignored);
    wake_.reset();
    // What was under way ends now; its handlers point into this object.
    io_.restart();
    io_.run();
}

template <class Done>
bool ClientLink::run_until(SteadyClock::time_point deadline, Done done) {
    while (!done()) {
        io_.restart();
        if (io_.run_one_until(deadline) == 0 && !done()) return false;
    }
    return true;
}

Result<std::unique_ptr<ClientLink>> ClientLink::connect(const ServerUrl& url,
                                                        std::shared_ptr<asio::ssl::context> tls,
                                                        Millis timeout) {
    std::unique_ptr<ClientLink> link(new ClientLink(std::move(tls)));
    SNAPGATE_TRY(link->open(url, timeout));
    if (url.tls) SNAPGATE_TRY(link->shake_hands(url, timeout));
    return link;
}

Result<void> ClientLink::open(const ServerUrl& url, Millis timeout) {
    error_code ec;
    asio::ip::basic_resolver<tcp, Executor> resolver(io_);
    // The resolver has time limits of its own (resolv.conf), and cannot be interrupted.
    const auto addresses = resolver.resolve(url.host, url.port, ec);
    if (ec) {
        return unavailable(
            url, fmt::format("the host name \"{}\" is not known ({})", url.host, ec.message()));
    }
    const auto deadline = SteadyClock::now() + timeout;
    error_code last = asio::error::host_unreachable;
    for (const auto& entry : addresses) {
        socket_.close(ec);
        socket_.open(entry.endpoint().protocol(), ec);
        if (ec) {
            last = ec;
            continue;
        }
        std::optional<error_code> result;
        socket_.async_connect(entry.endpoint(), [&result](error_code e) { result = e; });
        if (!run_until(deadline, [&result] { return result.has_value(); })) {
            socket_.close(ec);
            run_until(SteadyClock::time_point::max(), [&result] { return result.has_value(); });
            return timed_out(url, "connecting");
        }
        if (!*result) {
            socket_.set_option(tcp::no_delay(true), ec);
            return {};
        }
        last = *result;
    }
    if (last == asio::error::connection_refused) {
        return unavailable(url, "connection refused: is the server running, and is this its port?");
    }
    return unavailable(url, last.message());
}

Result<void> ClientLink::shake_hands(const ServerUrl& url, Millis timeout) {
    tls_.emplace(socket_, *context_);
    SSL* ssl = tls_->native_handle();
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    bool named = false;
    if (is_address(url.host)) {
        named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), url.host.c_str()) == 1;
    } else {
        // Server name indication is for names alone (RFC 6066).
        named = SSL_set1_host(ssl, url.host.c_str()) == 1 &&
                SSL_set_tlsext_host_name(ssl, url.host.c_str()) == 1;
    }
    if (!named) return unavailable(url, "its name cannot be checked against a certificate");
    std::optional<error_code> result;
    tls_->async_handshake(asio::ssl::stream_base::client, [&result](error_code e) { result = e; });
    const auto done = [&result] { return result.has_value(); };
    if (!run_until(SteadyClock::now() + timeout, done)) {
        error_code ignored;
        socket_.close(ignored);
        run_until(SteadyClock::time_point::max(), done);
        return timed_out(url, "the TLS handshake");
    }
    if (*result) {
        Error error = handshake_error(url, ssl, *result);
        ERR_clear_error();
        return error;
    }
    return {};
}

bool ClientLink::usable() {
    if (reading_ || read_result_) return false;
    char byte = 0;
    error_code ec;
    socket_.non_blocking(true, ec);
    const size_t count =
        socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) return true;
    // Bytes on a TLS connection may be a session ticket or a goodbye; the next read will tell.
    return !ec && count > 0 && tls_.has_value();
}

void ClientLink::start_read() {
    if (reading_ || read_result_) return;
    reading_ = true;
    incoming_.resize(kReadBytes);
    const auto done = [this](error_code ec, size_t count) {
        reading_ = false;
        read_result_ = ec;
        read_count_ = count;
    };
    if (tls_) {
        tls_->async_read_some(asio::buffer(incoming_), done);
    } else {
        socket_.async_read_some(asio::buffer(incoming_), done);
    }
}

ClientLink::Written ClientLink::write(std::string_view bytes, Millis stall) {
    start_read();
    while (!bytes.empty()) {
        if (read_result_) return Written::kAnswered;
        std::optional<error_code> result;
        size_t written = 0;
        const auto done = [&result, &written](error_code ec, size_t count) {
            result = ec;
            written = count;
        };
        const asio::const_buffer buffer(bytes.data(), bytes.size());
        if (tls_) {
            tls_->async_write_some(buffer, done);
        } else {
            socket_.async_write_some(buffer, done);
        }
        const bool in_time = run_until(SteadyClock::now() + stall, [this, &result] {
            return result.has_value() || read_result_.has_value();
        });
        if (!result) {
            // The server answered instead of taking more, or does neither.
            error_code ignored;
            socket_.cancel(ignored);
            run_until(SteadyClock::time_point::max(), [&result] { return result.has_value(); });
            return in_time ? Written::kAnswered : Written::kTimedOut;
        }
        if (*result) return read_result_ ? Written::kAnswered : Written::kFailed;
        bytes.remove_prefix(written);
    }
    return Written::kAll;
}

ClientLink::Read ClientLink::read(std::string& out, Millis patience) {
    start_read();
    if (!run_until(SteadyClock::now() + patience,
                   [this] { return woken_ || read_result_.has_value(); })) {
        return Read::kTimedOut;
    }
    if (woken_) return Read::kWoken;
    const error_code ec = *read_result_;
    read_result_.reset();
    if (ec) return ec == asio::error::eof ? Read::kEnd : Read::kCut;
    out.append(incoming_, 0, read_count_);
    return Read::kBytes;
}

void ClientLink::wake_on(int fd) {
    wake_.reset();
    woken_ = false;
    if (fd < 0) return;
    // Of its own, because it is closed here.
    const int own = ::dup(fd);
    if (own < 0) return;
    wake_.emplace(io_, own);
    wake_->async_wait(Descriptor::wait_read, [this](error_code ec) {
        if (!ec) woken_ = true;
    });
}

}  // namespace snapgate::net

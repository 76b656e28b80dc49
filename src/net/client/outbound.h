#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client/client.h"
#include "net/http/http.h"

namespace snapgate::net {

// A server that this process calls by itself, and who we are there. The texts are PEM; what is
// empty is not used (`ca`: the system's authorities count then).
struct OutboundOptions {
    std::string server;  // https://host[:port][/prefix] or http://...
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::string ca = {};
    std::string client_certificate = {};
    std::string client_key = {};
    std::string server_name = {};  // checked against the certificate instead of the URL's host
    // NOLINTEND(readability-redundant-member-init)
    bool insecure = false;  // any certificate will do
};

// The same, checked and ready to connect to: made once, shared by all connections. Immutable; any
// thread.
class OutboundTarget {
  public:
    // kInvalidParameter whose `subject` is the option at fault: a URL that is none, an authority or
    // certificate that is no PEM, a key that does not belong to the certificate, a client
    // certificate that has expired. Messages hold no secret.
    static base::Result<std::shared_ptr<const OutboundTarget>> make(const OutboundOptions& options);

    virtual ~OutboundTarget() = default;
    virtual std::string text() const = 0;  // scheme, host and port, for messages
};

// Why a server could not be talked to: what Error::subject holds for every failure of Outbound.
// Shown to users as a reason, so they are words of the field.
namespace outbound_reason {
inline constexpr std::string_view kNameNotFound = "NameNotFound";
inline constexpr std::string_view kRefused = "ConnectionRefused";
inline constexpr std::string_view kUnreachable = "HostUnreachable";
inline constexpr std::string_view kConnectTimeout = "ConnectTimeout";
inline constexpr std::string_view kCertificateExpired = "CertificateExpired";
inline constexpr std::string_view kCertificateNotTrusted = "CertificateNotTrusted";
inline constexpr std::string_view kCertificateWrongName = "CertificateWrongName";
inline constexpr std::string_view kTls = "TlsFailed";  // also: we need a client certificate
inline constexpr std::string_view kReset = "ConnectionReset";
inline constexpr std::string_view kAnswerTimeout = "AnswerTimeout";
inline constexpr std::string_view kNotHttp = "NotHttp";
inline constexpr std::string_view kTooLarge = "AnswerTooLarge";
}  // namespace outbound_reason

// Ends from outside what a coroutine waits for: connecting, and everything on the connection that
// comes of it. Belongs to the thread of the coroutine; outlives the connection, and may be used for
// several one after the other.
class OutboundBreaker {
  public:
    OutboundBreaker() = default;
    OutboundBreaker(const OutboundBreaker&) = delete;
    OutboundBreaker& operator=(const OutboundBreaker&) = delete;

    // What is under way, and all that begins later, ends with kUnavailable.
    void cut() {
        cut_ = true;
        if (on_cut_) on_cut_();
    }
    bool is_cut() const { return cut_; }

  private:
    friend class OutboundLink;
    bool cut_ = false;
    std::function<void()> on_cut_;
};

// One connection to a server, HTTP/1.1, for coroutines. Belongs to the thread of the coroutine that
// made it; one exchange at a time. A peer that is gone without a word is noticed within about half
// a minute (TCP keep-alive and TCP_USER_TIMEOUT). Names are looked up on threads of their own, so
// that a dead name server holds up nobody else. Sends no credentials it was not given, follows no
// redirects. After an Error the connection is of no more use.
//
// Errors: kUnavailable (cannot be reached, ended), kTimeout, kBadPeer (what came is no HTTP),
// kTooLarge; `subject` is an outbound_reason, the message says what to do.
class Outbound {
  public:
    static Awaitable<base::Result<std::unique_ptr<Outbound>>> connect(
        std::shared_ptr<const OutboundTarget> target, std::chrono::milliseconds timeout,
        OutboundBreaker* breaker = nullptr);
    virtual ~Outbound() = default;

    // Sends a request (next_piece is not supported) and reads the head of its answer, whatever its
    // status; the response's body is empty. Interim answers (1xx) are passed over.
    virtual Awaitable<base::Result<ClientResponse>> send(const ClientRequest& request,
                                                         std::chrono::milliseconds timeout) = 0;
    // The next bytes of the body, its framing taken off; "" at its end. Good until the next call. A
    // body that is cut off is kUnavailable (kReset). Nothing for `patience`: kTimeout. What the
    // server has sent is given at once, at most 256 KiB: pieces do not wait for more.
    virtual Awaitable<base::Result<std::string_view>> read(std::chrono::milliseconds patience) = 0;
    // The rest of the body as one text; kTooLarge above `max_bytes`.
    virtual Awaitable<base::Result<std::string>> read_all(size_t max_bytes,
                                                          std::chrono::milliseconds patience) = 0;
    // Whether another request may follow: the answer was read to its end and the server keeps the
    // connection.
    virtual bool reusable() const = 0;
    // Ends whatever is under way with kUnavailable. On its thread.
    virtual void cut() = 0;
};

// An answer whose head came.
struct HeardResponse {
    ClientResponse response;
    // Why its body did not come whole, and is empty: larger than was asked for, cut off, too late.
    std::optional<base::Error> fault;
};

// One request on a connection of its own. `timeout` is for all of it. What befalls the body is told
// beside the head: of a request that changes something, that says whether it did.
Awaitable<base::Result<HeardResponse>> exchange_heard(std::shared_ptr<const OutboundTarget> target,
                                                      const ClientRequest& request,
                                                      std::chrono::milliseconds timeout,
                                                      size_t max_bytes,
                                                      OutboundBreaker* breaker = nullptr);

// The same, answered whole, or an Error.
Awaitable<base::Result<ClientResponse>> exchange(std::shared_ptr<const OutboundTarget> target,
                                                 const ClientRequest& request,
                                                 std::chrono::milliseconds timeout,
                                                 size_t max_bytes,
                                                 OutboundBreaker* breaker = nullptr);

}  // namespace snapgate::net

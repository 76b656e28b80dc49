#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client/messages.h"
#include "net/http/http.h"

namespace snapgate::net {

// What a message advises the user to do, in terms of the place where the options were set, such as
// a flag or a kubeconfig. Static texts.
struct OutboundAdvice {
    std::string_view not_trusted = "give the certificate of the authority that signed it";
    std::string_view wrong_name =
        "use a name that the certificate holds, or give it as server name";
};

class AddressRules;

// A server that this process calls, and who we are there. The texts are PEM; what is empty is not
// used (`ca`: the system's authorities count then).
struct OutboundOptions {
    std::string server;  // https://host[:port][/prefix] or http://...
    // NOLINTBEGIN(readability-redundant-member-init): so that an initializer may leave them out
    std::string ca = {};
    std::string client_certificate = {};
    std::string client_key = {};
    std::string server_name = {};  // checked against the certificate instead of the URL's host
    // The SHA-256, in lower-case hexadecimal digits, of the one certificate that will do. Then
    // neither who signed it counts nor what it says.
    std::string certificate_digest = {};
    // NOLINTEND(readability-redundant-member-init)
    bool insecure = false;  // any certificate will do
    OutboundAdvice advice = {};
    // Which addresses may be connected to; plain HTTP then to loopback alone. Null: to all, which
    // is right only where who names the server could connect to it without this process, too.
    std::shared_ptr<const AddressRules> rules = nullptr;
};

// The same, checked and ready to connect to: made once, shared by all connections. Immutable but
// for the TLS tickets that it keeps; any thread.
class OutboundTarget {
  public:
    // kInvalidParameter whose `subject` is the option at fault: a URL that is none, an authority or
    // certificate that is no PEM, a key that does not belong to the certificate, a client
    // certificate that has expired. Messages hold no secret.
    static base::Result<std::shared_ptr<const OutboundTarget>> make(const OutboundOptions& options);

    struct Parts;  // for connections: outbound_target.h
    explicit OutboundTarget(Parts parts);
    ~OutboundTarget();
    OutboundTarget(const OutboundTarget&) = delete;
    OutboundTarget& operator=(const OutboundTarget&) = delete;

    std::string text() const;  // scheme, host and port, for messages
    // When our client certificate expires, and the certificate that the server showed last, in
    // milliseconds since the epoch; 0 if there is none (yet).
    int64_t client_certificate_expires_ms() const;
    int64_t server_certificate_expires_ms() const;
    const Parts& parts() const { return *parts_; }
    // "cannot reach https://...: why", and the reason as `subject`.
    base::Error failure(base::Code code, std::string_view reason, std::string_view why) const;
    // "https://... what"
    base::Error fault(base::Code code, std::string_view reason, std::string_view what) const;

  private:
    const std::unique_ptr<const Parts> parts_;
};

// Why a server could not be talked to: what Error::subject holds for every failure of Outbound.
// Shown to users as a reason, so they are words of the field.
namespace outbound_reason {
inline constexpr std::string_view kDenied = "AddressDenied";        // by OutboundOptions::rules
inline constexpr std::string_view kTooMany = "TooManyConnections";  // of this process
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

// The most connections that this process has to other servers at a time, so that there are files
// left for those who connect to it. No bound until then. Any thread.
void bound_outbound(size_t most);

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
    ~Outbound();
    Outbound(const Outbound&) = delete;
    Outbound& operator=(const Outbound&) = delete;

    // Sends a request and reads the head of its answer, whatever its status; the response's body is
    // empty. Interim answers (1xx) are passed over. An answer that comes before the server has
    // taken the whole request is returned as it is, and the connection is not reusable after it.
    // `timeout` is for all of it; with next_piece for each piece, and for the answer after the
    // last. An error of next_piece is returned.
    Awaitable<base::Result<ClientResponse>> send(const ClientRequest& request,
                                                 std::chrono::milliseconds timeout);
    // The next bytes of the body, its framing taken off; "" at its end. Good until the next call. A
    // body that is cut off is kUnavailable (kReset). Nothing for `patience`: kTimeout. What the
    // server has sent is given at once, at most 256 KiB: pieces do not wait for more.
    Awaitable<base::Result<std::string_view>> read(std::chrono::milliseconds patience);
    // The rest of the body as one text; kTooLarge above `max_bytes`.
    Awaitable<base::Result<std::string>> read_all(size_t max_bytes,
                                                  std::chrono::milliseconds patience);
    // Whether another request may follow: the answer was read to its end and the server keeps the
    // connection.
    bool reusable() const;
    // Looks whether the server has kept a reusable connection until now. Without it the next
    // request finds out.
    bool still_kept();
    // Whether anything came of the answer to the last request. If not, a connection that was kept
    // may have been ended before the server saw the request.
    bool heard() const;
    // Ends whatever is under way with kUnavailable. On its thread.
    void cut();

  private:
    class Connection;
    explicit Outbound(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> connection_;
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

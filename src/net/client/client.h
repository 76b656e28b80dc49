#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client/messages.h"

namespace snapgate::net {

struct ClientOptions {
    std::string server;   // https://host[:port][/prefix] or http://...
    std::string ca_file;  // PEM; "" for the system's
    std::chrono::milliseconds connect_timeout{10'000};
    // For a request, or a piece of it, with the head of the answer; then for each silence.
    std::chrono::milliseconds timeout{60'000};
    size_t max_response_bytes = 64 << 20;
};

// How a body that was handed on as it came has ended.
enum class StreamEnd {
    kWhole,    // where its framing says that it ends
    kCut,      // the connection ended within it
    kSilent,   // nothing came for StreamOptions::idle
    kStopped,  // StreamOptions::wake_fd became readable
};

struct StreamOptions {
    std::chrono::milliseconds idle{60'000};  // the longest silence, before the answer and within it
    int wake_fd = -1;  // a descriptor that ends the stream once it is readable; -1 for none
};

// `response` has no body where the status is a 2xx: that was handed on.
struct StreamedResponse {
    ClientResponse response;
    StreamEnd end = StreamEnd::kWhole;
};

// Takes a body piece by piece; an Error that it returns ends the exchange and is returned.
using PieceSink = std::function<base::Result<void>(std::string_view piece)>;

// A blocking HTTP/1.1 client over one kept connection, for the command line: Outbound (outbound.h)
// without coroutines. One thread at a time. Verifies the server's certificate and host name. Sends
// no credentials it was not given, follows no redirects.
class Client {
  public:
    explicit Client(ClientOptions options);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    // kUnavailable if the server cannot be reached (refused, no such host, certificate not trusted:
    // the message says which, and what to do), kTimeout, kBadPeer if what it answers is no HTTP.
    // Every answer of the server, whatever its status, is a ClientResponse. An answer given before
    // an upload ended (a refusal) is returned as it is.
    base::Result<ClientResponse> send(const ClientRequest& request);

    // The same for an answer without an end, or of any size: the body of a 2xx goes to `sink` as it
    // comes, and max_response_bytes does not bound it; whoever takes it bounds what it keeps. What
    // befalls the connection before the head of the answer is an Error as with send(); after that
    // it is a StreamEnd. kStopped before the head: then the response is empty, its status 0.
    base::Result<StreamedResponse> stream(const ClientRequest& request,
                                          const StreamOptions& options, const PieceSink& sink);

  private:
    struct State;
    struct Streaming;
    std::unique_ptr<State> state_;
};

}  // namespace snapgate::net

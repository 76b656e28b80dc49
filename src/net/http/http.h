#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace snapgate::net {

// Every connection lives on one io_context that one thread runs; a handler runs there too and never
// leaves it. Work done elsewhere comes back by a post to the handler's executor, which any thread
// may make.
using Executor = boost::asio::io_context::executor_type;
template <class T = void>
using Awaitable = boost::asio::awaitable<T, Executor>;

// The body of a request, read by the handler when it wants it. Sends 100 Continue at the first read
// where the client waits for it. What a handler leaves unread is drained (up to 256 KiB) or ends
// the connection.
class BodyReader {
  public:
    virtual ~BodyReader() = default;
    // The whole body. kTooLarge above `max_bytes`; kTimeout if it does not arrive in time;
    // kInvalidBody if its framing is broken or it is cut off.
    virtual Awaitable<base::Result<std::string>> read_all(size_t max_bytes) = 0;
    // The next piece, at most 64 KiB; "" at the end. No limit on the total. The piece is good until
    // the next call. kTimeout after `idle` without a byte, and where the time spent waiting for
    // bytes is more than that beyond what they take at the lowest rate of a body (4 KiB/s).
    virtual Awaitable<base::Result<std::string_view>> read_some(std::chrono::seconds idle) = 0;
};

struct Header {
    std::string_view name;
    std::string_view value;
};

// A request whose framing was checked (framing_guard.h). Views are good while the handler runs.
struct Request {
    std::string_view method;
    std::string_view target;      // as sent: path and query
    std::string_view path;        // not decoded
    std::string_view query;       // not decoded, without '?'
    std::vector<Header> headers;  // in order, names as sent
    std::string id;               // the caller's X-Request-Id if it is sane, else a fresh one
    std::string peer;             // address and port
    bool tls = false;
    BodyReader* body = nullptr;

    // The first header of that name (any case); nullopt if there is none.
    std::optional<std::string_view> header(std::string_view name) const;
    // How many there are of that name.
    size_t header_count(std::string_view name) const;
};

class Response;

// Why a wait on a stream ended.
enum class Wake {
    kNotified,
    kDeadline,
    kPeerGone,  // it has closed its connection, or its sending side
    kStopping,  // the server is about to end: so should the stream
};

// Sends a response in pieces, for what has no end in sight: whole lists, watches. Chunked on
// HTTP/1.1, ended by the connection's end on 1.0. Belongs to the handler's coroutine; nothing else
// may be written meanwhile. The server ends the stream when the handler returns; a handler that
// returns after an error it wants the client to notice sets Response::close (the stream is then cut
// without its last chunk).
class ResponseStream {
  public:
    virtual ~ResponseStream() = default;
    // Sends the head made of the response's status, content_type and headers; from now on its body
    // is not looked at. Called once. For HEAD nothing follows: write() then does nothing.
    virtual Awaitable<base::Result<void>> begin() = 0;
    // Sends one piece; empty does nothing. kTimeout if the peer does not take it in time,
    // kUnavailable if the peer is gone or the server stops.
    virtual Awaitable<base::Result<void>> write(std::string_view bytes) = 0;
    // The same with several texts as one piece, which are not copied (but for TLS).
    virtual Awaitable<base::Result<void>> write(std::span<const std::string_view> texts) = 0;

    // Waits for something to send: until notify(), the deadline (within a sweep, see transport.h),
    // the peer's end or the server's stop. After begin(). What the client sends meanwhile is kept:
    // it is its next request. A stream at rest keeps no buffers and has no timer.
    virtual Awaitable<Wake> wait(std::chrono::steady_clock::time_point deadline) = 0;
    // Ends the wait, or the next one if none is under way. On the stream's thread and not within a
    // coroutine: a WakeGroup (wake_group.h) brings it there from any other.
    virtual void notify() = 0;
    virtual Executor executor() = 0;
};

// A response, written by the server in one piece once the handler returns. The buffer belongs to
// the server and is used again: append the body to `body`.
class Response {
  public:
    unsigned status = 200;
    std::string_view content_type = "application/json";  // static text; "" for no body
    std::string headers;  // further lines, each ended by CRLF; see add_header
    std::string& body;
    std::string_view route = "other";  // static text: the label in metrics and the access log
    std::string_view code;             // static text: the error's code, for the log
    bool close = false;                // end the connection after this response
    bool compress = true;  // false: leave the body as it is, even if the client takes gzip
    ResponseStream* stream = nullptr;  // the server's; to answer in pieces instead

    explicit Response(std::string& buffer) : body(buffer) {}
    // `value` must hold no CR or LF; those are cut out.
    void add_header(std::string_view name, std::string_view value);
};

// Answers a request. Must not throw; if it does, the client gets a bare 500 and it is logged.
using Handler = std::function<Awaitable<void>(Request&, Response&)>;

}  // namespace snapgate::net

#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "net/awaitable.h"

namespace snapgate::net {

class Response;
class Transport;
class Worker;
struct Head;
struct Request;

// Why a wait on a stream ended.
enum class Wake {
    kNotified,
    kDeadline,
    kPeerGone,  // it has closed its connection, or its sending side
    kStopping,  // the server is about to end: so should the stream
};

// Sends a response in pieces, for what has no end in sight (whole lists, watches) or is too large
// to be held. If its length is not known, it is chunked on HTTP/1.1, and ended by the connection's
// end on 1.0. There is one for each request, in the frame that answers it, whether the handler uses
// it or not. Belongs to the handler's coroutine; nothing else may be written meanwhile. The server
// ends the stream when the handler returns. A handler that returns after an error that the client
// has to notice sets Response::close: the stream is then cut, without its last chunk.
class ResponseStream {
  public:
    using Clock = std::chrono::steady_clock;

    // For handlers:

    // Sends the head made of the response's status, content_type and headers; from now on its body
    // is not looked at. Called once. For HEAD nothing follows: write() then does nothing. `length`:
    // the number of bytes that will be written, where it is known: then the answer has a
    // Content-Length instead of chunks. `first`: what is written at once, in the same packet.
    Awaitable<base::Result<void>> begin(std::optional<uint64_t> length = std::nullopt,
                                        std::string_view first = {});
    // Sends one piece; empty does nothing. kTimeout if the peer does not take it in time,
    // kUnavailable if the peer is gone or the server stops.
    Awaitable<base::Result<void>> write(std::string_view bytes);
    // The same with several texts as one piece, which are not copied (but for TLS).
    Awaitable<base::Result<void>> write(std::span<const std::string_view> texts);
    // Waits for something to send: until notify(), the deadline (within a sweep, see transport.h),
    // the peer's end or the server's stop. After begin(). What the client sends meanwhile is kept:
    // it is its next request. A stream at rest keeps no buffers and has no timer.
    Awaitable<Wake> wait(Clock::time_point deadline);
    // Ends the wait, or the next one if none is under way. On the stream's thread and not within a
    // coroutine: a WakeGroup (wake_group.h) brings it there from any other.
    void notify();
    Executor executor();
    // Does work that would hold up this thread (net/server/aside.h) on another one, before or after
    // begin(). As WorkPool::run().
    Awaitable<void> do_aside(std::function<void()> work);

    // For the connection:

    // What the request left of its connection.
    struct Input {
        bool keep_alive = false;  // it may go on afterwards
        bool body_read = false;   // what comes from now on is the next request
    };

    // Everything it is given outlives it.
    ResponseStream(Worker& worker, Transport& transport, const Request& request, Response& response,
                   const Head& head, Input input);
    ~ResponseStream();
    ResponseStream(const ResponseStream&) = delete;
    ResponseStream& operator=(const ResponseStream&) = delete;

    // At any time:
    void expire_if_due(Clock::time_point now);
    void begin_stop();
    // The connection was closed.
    void cut();
    // Drops who waits, with its frame: when the thread has ended.
    void abandon();

    // Once the handler has returned:
    bool begun() const { return begun_; }
    // What was sent of the body, without its framing.
    size_t bytes() const { return bytes_; }
    // Ends the stream, `whole` or cut off in a way that the client notices. Whether the connection
    // can go on.
    Awaitable<bool> end(bool whole);
    // What the client sent during the stream.
    std::string take_received() { return std::move(received_); }

  private:
    using Waiter =
        boost::asio::async_result<boost::asio::use_awaitable_t<Executor>, void(Wake)>::handler_type;
    // What callbacks hold, which may come after the stream's end.
    struct Link {
        ResponseStream* stream;
    };

    base::Error fault();
    Awaitable<base::Result<void>> send(std::span<const std::string_view> texts);
    bool chunked() const { return !http_1_0_ && !length_; }
    std::optional<Wake> cause(Clock::time_point now) const;
    void resume_later();
    void look_at_peer();

    Worker& worker_;
    Transport& transport_;
    const Request& request_;
    Response& response_;
    const bool http_1_0_;
    const bool body_read_;
    std::optional<uint64_t> length_;  // of the body, where it was told
    bool keep_;
    bool begun_ = false;
    bool bodiless_ = false;
    bool failed_ = false;
    bool timed_out_ = false;
    size_t bytes_ = 0;
    std::string scratch_;

    std::shared_ptr<Link> link_;    // made at the first wait
    std::optional<Waiter> waiter_;  // who waits
    Clock::time_point deadline_ = Clock::time_point::max();
    bool notified_ = false;
    bool stopping_ = false;
    bool peer_gone_ = false;
    bool watching_peer_ = false;  // a callback is under way
    bool resuming_ = false;       // the same, of resume_later()
    std::string received_;
    size_t thrown_away_ = 0;
};

}  // namespace snapgate::net

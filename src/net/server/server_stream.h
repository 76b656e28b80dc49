#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/http/framing_guard.h"
#include "net/http/http.h"
#include "net/server/worker.h"
#include "net/transport.h"

namespace snapgate::net {

// The server's side of a ResponseStream: one for each request, in the frame that answers it,
// whether the handler uses it or not. On its connection's thread; everything it is given outlives
// it.
class ServerStream final : public ResponseStream {
  public:
    // What the request left of its connection.
    struct Input {
        bool keep_alive = false;  // it may go on afterwards
        bool body_read = false;   // what comes from now on is the next request
    };

    ServerStream(Worker& worker, Transport& transport, const Request& request, Response& response,
                 const Head& head, Input input)
        : worker_(worker),
          transport_(transport),
          request_(request),
          response_(response),
          http_1_0_(head.minor_version == 0),
          body_read_(input.body_read),
          keep_(input.keep_alive && !http_1_0_) {}
    ~ServerStream() override;
    ServerStream(const ServerStream&) = delete;
    ServerStream& operator=(const ServerStream&) = delete;

    Awaitable<base::Result<void>> begin() override;
    Awaitable<base::Result<void>> write(std::string_view bytes) override;
    Awaitable<base::Result<void>> write(std::span<const std::string_view> texts) override;
    Awaitable<Wake> wait(std::chrono::steady_clock::time_point deadline) override;
    void notify() override;
    Executor executor() override { return worker_.executor(); }

    // By the connection, at any time:
    void expire_if_due(Transport::Clock::time_point now);
    void begin_stop();
    // The connection was closed.
    void cut();
    // Drops who waits, with its frame: when the thread has ended.
    void abandon();

    // By the connection, once the handler has returned:
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
        ServerStream* stream;
    };

    base::Error fault();
    std::optional<Wake> cause(Transport::Clock::time_point now) const;
    void resume_later();
    void look_at_peer();

    Worker& worker_;
    Transport& transport_;
    const Request& request_;
    Response& response_;
    const bool http_1_0_;
    const bool body_read_;
    bool keep_;
    bool begun_ = false;
    bool bodiless_ = false;
    bool failed_ = false;
    bool timed_out_ = false;
    size_t bytes_ = 0;
    std::string scratch_;

    std::shared_ptr<Link> link_;    // made at the first wait
    std::optional<Waiter> waiter_;  // who waits
    Transport::Clock::time_point deadline_ = Transport::Clock::time_point::max();
    bool notified_ = false;
    bool stopping_ = false;
    bool peer_gone_ = false;
    bool watching_peer_ = false;  // a callback is under way
    bool resuming_ = false;       // the same, of resume_later()
    std::string received_;
    size_t thrown_away_ = 0;
};

}  // namespace snapgate::net

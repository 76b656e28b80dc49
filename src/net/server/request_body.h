#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/awaitable.h"
#include "net/http/chunked_body.h"

namespace snapgate::net {

class BufferPool;
class HeldBytes;
class Transport;
enum class BodyFraming;
struct Head;

// The body of a request, read from its connection when the handler wants it. Sends 100 Continue at
// the first read where the client waits for it. What a handler leaves unread is drained (up to 256
// KiB) or ends the connection. Lives on the connection's thread, not longer than the connection.
class RequestBody {
  public:
    // For handlers:

    // The whole body. kTooLarge above `max_bytes`; kTimeout if it does not arrive in time;
    // kInvalidBody if its framing is broken or it is cut off; kBusy and kTooManyRequests as
    // HeldBytes::hold_body().
    Awaitable<base::Result<std::string>> read_all(size_t max_bytes);
    // The next piece, at most 64 KiB; "" at the end. No limit on the total. The piece is good until
    // the next call. kTimeout after `idle` without a byte, and where the time spent waiting for
    // bytes is more than that beyond what they take at the lowest rate of a body (4 KiB/s).
    Awaitable<base::Result<std::string_view>> read_some(std::chrono::seconds idle);
    // Whether some of what was read was not there yet when the request's head was: then time may
    // have passed since.
    bool came_later() const { return buffer_.has_value(); }

    // For the connection:

    RequestBody(Transport& transport, BufferPool& pool, HeldBytes& held,
                std::chrono::milliseconds patience, std::chrono::milliseconds stall)
        : transport_(transport), pool_(pool), held_(held), patience_(patience), stall_(stall) {}
    ~RequestBody() { release(); }
    RequestBody(const RequestBody&) = delete;
    RequestBody& operator=(const RequestBody&) = delete;

    // From now on it is the body of the request with that head. `came` is what was read behind the
    // head; it must stay where it is until the request is done.
    void start(const Head& head, std::string_view came);

    // Whether the connection can be used again after a drain.
    bool reusable() const;
    // Whether all of the body was read.
    bool finished() const { return state_ == State::kDone; }
    // Reads away what the handler left; false if that is too much, or broken.
    Awaitable<bool> drain();
    // What came behind the finished body: the start of the next request. Good until release().
    std::string_view rest() const { return input_; }
    // Gives the read buffer back.
    void release();

  private:
    enum class State { kReading, kDone, kFailed };
    using Patience = std::chrono::milliseconds;

    // "" at the end.
    Awaitable<base::Result<std::string_view>> next(Patience patience);
    Awaitable<base::Result<void>> refill(Patience patience);
    base::Result<std::string_view> take_chunked();
    std::string_view take_counted();
    base::Error fail(base::Code code, std::string message);

    Transport& transport_;
    BufferPool& pool_;
    HeldBytes& held_;
    Patience patience_;
    Patience stall_;

    State state_ = State::kDone;
    BodyFraming framing_{};
    bool continue_pending_ = false;
    uint64_t left_ = 0;        // kLength
    Patience waited_{};        // by read_some, beyond what its bytes may take at the lowest rate
    size_t earned_bytes_ = 0;  // that make no whole millisecond of it yet
    ChunkedBody chunks_;
    std::string_view input_;             // read and not dealt with
    std::optional<std::string> buffer_;  // what input_ points into once refilled
};

}  // namespace snapgate::net

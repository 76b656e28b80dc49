#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "net/buffer_pool.h"
#include "net/http/chunked_body.h"
#include "net/http/framing_guard.h"
#include "net/http/http.h"
#include "net/transport.h"

namespace snapgate::net {

// The body of one request, read from its connection when the handler asks. Lives on the
// connection's thread, not longer than the connection; start() makes it the next request's.
class RequestBody final : public BodyReader {
  public:
    RequestBody(Transport& transport, BufferPool& pool, std::chrono::milliseconds patience,
                std::chrono::milliseconds stall)
        : transport_(transport), pool_(pool), patience_(patience), stall_(stall) {}
    ~RequestBody() override { release(); }

    // `came` is what was read behind the head; it must stay where it is until the request is done.
    void start(const Head& head, std::string_view came);

    Awaitable<base::Result<std::string>> read_all(size_t max_bytes) override;
    Awaitable<base::Result<std::string_view>> read_some(std::chrono::seconds idle) override;

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
    Patience patience_;
    Patience stall_;

    State state_ = State::kDone;
    BodyFraming framing_ = BodyFraming::kNone;
    bool continue_pending_ = false;
    uint64_t left_ = 0;        // kLength
    Patience waited_{};        // by read_some, beyond what its bytes may take at the lowest rate
    size_t earned_bytes_ = 0;  // that make no whole millisecond of it yet
    ChunkedBody chunks_;
    std::string_view input_;             // read and not dealt with
    std::optional<std::string> buffer_;  // what input_ points into once refilled
};

}  // namespace snapgate::net

#include "net/server/request_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/buffer_pool.h"
#include "net/http/framing_guard.h"
#include "net/server/held_bytes.h"
#include "net/transport.h"

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr size_t kPieceBytes = 64 << 10;
constexpr size_t kMaxDrainBytes = 256 << 10;
// A whole body may take longer than one pause between its bytes, but not at less than this rate:
// else one byte every now and then would hold a connection for days.
constexpr size_t kSlowestBytesPerSecond = 4 << 10;

}  // namespace

void RequestBody::start(const Head& head, std::string_view came) {
    release();
    framing_ = head.framing;
    continue_pending_ = head.expect_continue && came.empty();
    waited_ = {};
    left_ = head.content_length;
    chunks_ = ChunkedBody();
    input_ = came;
    state_ = framing_ == BodyFraming::kNone ? State::kDone : State::kReading;
}

void RequestBody::release() {
    input_ = {};
    if (!buffer_) return;
    pool_.give(std::move(*buffer_));
    buffer_.reset();
}

Error RequestBody::fail(Code code, std::string message) {
    state_ = State::kFailed;
    return Error(code, std::move(message));
}

Awaitable<Result<void>> RequestBody::refill(Patience patience) {
    if (continue_pending_) {
        continue_pending_ = false;
        std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        if (!co_await transport_.write(go_on, {}, {}, stall_)) {
            co_return fail(Code::kInvalidBody, "the connection ended before the request body");
        }
    }
    if (!buffer_) buffer_ = pool_.take();
    // Never past the end of a counted body: what follows it stays in the socket.
    const size_t size = framing_ == BodyFraming::kLength
                            ? static_cast<size_t>(std::min<uint64_t>(left_, kPieceBytes))
                            : kPieceBytes;
    if (buffer_->size() < size) buffer_->resize(size);
    transport_.arm(patience);
    const size_t count = co_await transport_.read_some(buffer_->data(), size);
    transport_.disarm();
    if (count == 0) {
        if (transport_.expired()) {
            co_return fail(Code::kTimeout, "the request body did not arrive in time");
        }
        co_return fail(Code::kInvalidBody, "the connection ended inside the request body");
    }
    input_ = std::string_view(buffer_->data(), count);
    co_return Result<void>();
}

std::string_view RequestBody::take_counted() {
    const auto size = static_cast<size_t>(
        std::min({left_, static_cast<uint64_t>(input_.size()), uint64_t{kPieceBytes}}));
    const std::string_view piece = input_.substr(0, size);
    input_.remove_prefix(size);
    left_ -= size;
    if (left_ == 0) state_ = State::kDone;
    return piece;
}

Result<std::string_view> RequestBody::take_chunked() {
    const ChunkedBody::Step step = chunks_.next(input_.substr(0, kPieceBytes));
    input_.remove_prefix(step.consumed);
    if (chunks_.state() == ChunkedBody::State::kBroken) {
        return fail(Code::kInvalidBody,
                    fmt::format("the chunked request body is broken: {}", chunks_.fault()));
    }
    if (chunks_.state() == ChunkedBody::State::kDone) state_ = State::kDone;
    return step.piece;
}

Awaitable<Result<std::string_view>> RequestBody::next(Patience patience) {
    while (state_ == State::kReading) {
        if (input_.empty()) {
            SNAPGATE_CO_TRY(co_await refill(patience));
        }
        if (framing_ == BodyFraming::kLength) co_return take_counted();
        auto piece = take_chunked();
        if (!piece || !piece->empty()) co_return piece;
    }
    if (state_ == State::kFailed) {
        co_return Error(Code::kInvalidBody, "the request body could not be read to its end");
    }
    co_return std::string_view();
}

// Only the time spent waiting for bytes counts: whoever reads may take as long as it likes. What
// came faster than the lowest rate gives credit for one pause, not for all that follow.
Awaitable<Result<std::string_view>> RequestBody::read_some(std::chrono::seconds idle) {
    const auto started = Transport::Clock::now();
    SNAPGATE_CO_ASSIGN(const std::string_view piece,
                       co_await next(std::max(Patience(idle) - waited_, Patience(1))));
    waited_ += std::chrono::duration_cast<Patience>(Transport::Clock::now() - started);
    earned_bytes_ += piece.size();
    const Patience earned(1000 * earned_bytes_ / kSlowestBytesPerSecond);
    earned_bytes_ -= static_cast<size_t>(earned.count()) * kSlowestBytesPerSecond / 1000;
    waited_ -= std::min(waited_, earned);
    co_return piece;
}

Awaitable<Result<std::string>> RequestBody::read_all(size_t max_bytes) {
    const auto too_large = [max_bytes] {
        return Error(Code::kTooLarge,
                     fmt::format("the request body is larger than {} bytes", max_bytes));
    };
    if (framing_ == BodyFraming::kLength && left_ > max_bytes) co_return too_large();
    std::string body;
    const auto started = Transport::Clock::now();
    while (true) {
        const auto spent = std::chrono::duration_cast<Patience>(Transport::Clock::now() - started);
        const Patience allowed = patience_ + Patience(1000 * body.size() / kSlowestBytesPerSecond);
        SNAPGATE_CO_ASSIGN(auto piece,
                           co_await next(std::clamp(allowed - spent, Patience(1), patience_)));
        if (piece.empty()) co_return body;
        if (piece.size() > max_bytes - body.size()) co_return too_large();
        SNAPGATE_CO_TRY(held_.hold_body(piece.size()));
        body.append(piece);
    }
}

bool RequestBody::reusable() const {
    if (state_ == State::kDone) return true;
    // A client that still waits for our 100 will send no body after a final answer, or it will:
    // there is no telling (RFC 9110, 10.1.1).
    if (state_ == State::kFailed || continue_pending_) return false;
    return framing_ == BodyFraming::kChunked || left_ <= kMaxDrainBytes;
}

Awaitable<bool> RequestBody::drain() {
    size_t total = 0;
    const auto started = Transport::Clock::now();
    while (state_ == State::kReading && total <= kMaxDrainBytes) {
        // In all, not for each pause: nobody waits for these bytes.
        const auto spent = std::chrono::duration_cast<Patience>(Transport::Clock::now() - started);
        auto piece = co_await next(std::clamp(patience_ - spent, Patience(1), patience_));
        if (!piece) co_return false;
        total += piece->size();
    }
    co_return state_ == State::kDone;
}

}  // namespace snapgate::net

#include "net/server/response_stream.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

#include "net/http/framing_guard.h"
#include "net/http/http.h"
#include "net/http/response_head.h"
#include "net/server/worker.h"
#include "net/transport.h"

namespace snapgate::net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Larger than what frames a chunk, smaller than what a stream may keep while it waits.
constexpr size_t kKeptScratch = 512;
// What a client may send during a stream. Behind that nobody reads on, and its end is noticed at
// the next write only.
constexpr size_t kMaxReceived = 64 << 10;

void append_chunk_size(size_t size, std::string& out) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    out.append(digits.data(), static_cast<size_t>(end - digits.data()));
    out.append(kLineEnd);
}

}  // namespace

ResponseStream::ResponseStream(Worker& worker, Transport& transport, const Request& request,
                               Response& response, const Head& head, Input input)
    : worker_(worker),
      transport_(transport),
      request_(request),
      response_(response),
      http_1_0_(head.minor_version == 0),
      body_read_(input.body_read),
      keep_(input.keep_alive && !http_1_0_) {}

ResponseStream::~ResponseStream() {
    if (!link_) return;
    link_->stream = nullptr;
    if (watching_peer_) transport_.stop_waiting();
}

Executor ResponseStream::executor() {
    return worker_.executor();
}

Awaitable<void> ResponseStream::do_aside(std::function<void()> work) {
    co_await worker_.pool().run(request_.held->key(), std::move(work));
}

Error ResponseStream::fault() {
    failed_ = true;
    timed_out_ = timed_out_ || transport_.expired();
    if (timed_out_) return Error(Code::kTimeout, "the client did not take the response in time");
    return Error(Code::kUnavailable, "the connection ended before the response");
}

Awaitable<Result<void>> ResponseStream::begin(std::optional<uint64_t> length,
                                              std::string_view first) {
    begun_ = true;
    length_ = length;
    keep_ = keep_ && !response_.close && !worker_.stopping();
    bodiless_ = request_.method == "HEAD" || !may_have_body(response_.status);
    // A stream may live for hours: what it does not need goes back.
    worker_.buffers().give(std::exchange(response_.body, {}));
    ResponseHead head;
    head.status = response_.status;
    head.date = worker_.date();
    head.request_id = request_.id;
    head.headers = response_.headers;
    if (!keep_) head.connection = "close";
    if (may_have_body(response_.status)) {
        head.content_type = response_.content_type;
        head.chunked = chunked();
        head.content_length = length;
        // In one piece it might have been compressed.
        head.vary = length && response_.compress;
    }
    scratch_.clear();
    append_response_head(head, scratch_);
    auto sent = co_await send(std::span(&first, bodiless_ ? 0 : 1));
    scratch_ = {};
    co_return sent;
}

// Writes what is in scratch_, and behind it the texts as one piece.
Awaitable<Result<void>> ResponseStream::send(std::span<const std::string_view> texts) {
    size_t size = 0;
    for (const std::string_view text : texts) size += text.size();
    // More than was told would be read as the next answer.
    if (length_ && size > *length_ - bytes_) co_return fault();
    const bool in_chunk = chunked() && size > 0;
    if (in_chunk) append_chunk_size(size, scratch_);
    const bool written =
        co_await transport_.write(scratch_, texts, in_chunk ? kLineEnd : std::string_view(),
                                  worker_.options().timeouts.write_stall);
    if (scratch_.capacity() > kKeptScratch) scratch_ = {};
    if (!written) co_return fault();
    bytes_ += size;
    co_return Result<void>();
}

Awaitable<Result<void>> ResponseStream::write(std::string_view bytes) {
    co_return co_await write(std::span(&bytes, 1));
}

Awaitable<Result<void>> ResponseStream::write(std::span<const std::string_view> texts) {
    if (failed_) co_return fault();
    const bool empty = std::ranges::all_of(texts, &std::string_view::empty);
    if (bodiless_ || empty) co_return Result<void>();
    scratch_.clear();
    co_return co_await send(texts);
}

std::optional<Wake> ResponseStream::cause(Clock::time_point now) const {
    if (peer_gone_ || failed_) return Wake::kPeerGone;
    if (stopping_ || worker_.stopping()) return Wake::kStopping;
    if (notified_) return Wake::kNotified;
    if (now >= deadline_) return Wake::kDeadline;
    return std::nullopt;
}

Awaitable<Wake> ResponseStream::wait(std::chrono::steady_clock::time_point deadline) {
    if (!link_) link_ = std::make_shared<Link>(this);
    if (!watching_peer_) look_at_peer();
    deadline_ = deadline;
    std::optional<Wake> wake = cause(Clock::now());
    if (!wake) {
        const asio::use_awaitable_t<Executor> token;
        wake = co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Wake)>(
            [this](auto handler) { waiter_.emplace(std::move(handler)); }, token);
    }
    notified_ = false;
    co_return *wake;
}

void ResponseStream::notify() {
    notified_ = true;
    if (!waiter_) return;
    Waiter waiter = std::move(*waiter_);
    waiter_.reset();
    std::move(waiter)(cause(Clock::time_point::min()).value_or(Wake::kNotified));
}

// From where the stream must not end within the call.
void ResponseStream::resume_later() {
    if (!waiter_ || resuming_) return;
    resuming_ = true;
    asio::post(worker_.executor(), [link = link_] {
        ResponseStream* stream = link->stream;
        if (stream == nullptr) return;
        stream->resuming_ = false;
        if (!stream->waiter_) return;
        const auto wake = stream->cause(Clock::now());
        if (!wake) return;
        Waiter waiter = std::move(*stream->waiter_);
        stream->waiter_.reset();
        std::move(waiter)(*wake);
    });
}

void ResponseStream::expire_if_due(Clock::time_point now) {
    if (waiter_ && now >= deadline_) resume_later();
}

void ResponseStream::begin_stop() {
    stopping_ = true;
    resume_later();
}

void ResponseStream::cut() {
    peer_gone_ = true;
    resume_later();
}

void ResponseStream::abandon() {
    // The frame that waits, and this object with it, goes at the end of this scope.
    const std::optional<Waiter> waiter = std::exchange(waiter_, std::nullopt);
}

// Reads what the client has sent, and waits for more.
void ResponseStream::look_at_peer() {
    std::array<char, 4096> bytes;
    TlsSession::Step step{TlsSession::State::kDone};
    while (step.state == TlsSession::State::kDone) {
        if (received_.size() + thrown_away_ >= kMaxReceived) return;
        step = transport_.read_now(bytes.data(), bytes.size());
        const std::string_view came(bytes.data(), step.count);
        if (body_read_) {
            received_.append(came);
        } else {
            // The rest of a body that nobody wants.
            thrown_away_ += came.size();
            keep_ = false;
        }
    }
    if (step.state == TlsSession::State::kEnded) {
        peer_gone_ = true;
        resume_later();
        return;
    }
    watching_peer_ = true;
    transport_.when_readable([link = link_] {
        ResponseStream* stream = link->stream;
        if (stream == nullptr) return;
        stream->watching_peer_ = false;
        stream->look_at_peer();
    });
}

Awaitable<bool> ResponseStream::end(bool whole) {
    if (failed_) co_return false;
    if (length_ && !bodiless_ && bytes_ != *length_) co_return false;
    if (!whole) {
        // Without chunks the end of the connection would pass for the end of the body.
        if (http_1_0_ && !length_ && !bodiless_) transport_.reset();
        co_return false;
    }
    if (!bodiless_ && chunked()) {
        scratch_ = kLastChunk;
        if (!co_await transport_.write(scratch_, {}, {}, worker_.options().timeouts.write_stall))
            co_return false;
    }
    co_return keep_ && !worker_.stopping();
}

}  // namespace snapgate::net

#include "net/server_stream.h"

#include <array>
#include <charconv>
#include <utility>

#include "net/response_head.h"

namespace snapgate::net {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
// Larger than what frames a chunk, smaller than what a stream may keep while it waits.
constexpr size_t kKeptScratch = 512;

void append_chunk_size(size_t size, std::string& out) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    out.append(digits.data(), static_cast<size_t>(end - digits.data()));
    out.append(kLineEnd);
}

}  // namespace

Error ServerStream::fault() {
    failed_ = true;
    timed_out_ = timed_out_ || transport_.expired();
    if (timed_out_) return Error(Code::kTimeout, "the client did not take the response in time");
    return Error(Code::kUnavailable, "the connection ended before the response");
}

Awaitable<Result<void>> ServerStream::begin() {
    begun_ = true;
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
        head.chunked = !http_1_0_;
    }
    scratch_.clear();
    append_response_head(head, scratch_);
    const bool written =
        co_await transport_.write(scratch_, {}, {}, worker_.options().timeouts.write_stall);
    scratch_ = {};
    if (!written) co_return fault();
    co_return Result<void>();
}

Awaitable<Result<void>> ServerStream::write(std::string_view bytes) {
    if (failed_) co_return fault();
    if (bodiless_ || bytes.empty()) co_return Result<void>();
    scratch_.clear();
    if (!http_1_0_) append_chunk_size(bytes.size(), scratch_);
    const bool written =
        co_await transport_.write(scratch_, bytes, http_1_0_ ? std::string_view() : kLineEnd,
                                  worker_.options().timeouts.write_stall);
    if (scratch_.capacity() > kKeptScratch) scratch_ = {};
    if (!written) co_return fault();
    bytes_ += bytes.size();
    co_return Result<void>();
}

Awaitable<bool> ServerStream::end(bool whole) {
    if (failed_) co_return false;
    if (!whole) {
        // Without chunks the end of the connection would pass for the end of the body.
        if (http_1_0_ && !bodiless_) transport_.reset();
        co_return false;
    }
    if (!bodiless_ && !http_1_0_) {
        scratch_ = kLastChunk;
        if (!co_await transport_.write(scratch_, {}, {}, worker_.options().timeouts.write_stall))
            co_return false;
    }
    co_return keep_ && !worker_.stopping();
}

}  // namespace snapgate::net

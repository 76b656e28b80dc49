#include "net/http/chunked_body.h"

#include <algorithm>

#include "base/ascii.h"
#include "net/http/header_values.h"

namespace snapgate::net {
namespace {

constexpr unsigned kMaxSizeDigits = 15;
constexpr size_t kMaxExtensionBytes = 16 << 10;  // of all chunks of a body
constexpr size_t kMaxTrailerBytes = 8 << 10;

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && byte != '\t') || byte == 0x7f;
}

}  // namespace

ChunkedBody::Step ChunkedBody::next(std::string_view input) {
    Step step;
    while (state_ == State::kReading && step.consumed < input.size()) {
        if (part_ == Part::kBytes) {
            const std::string_view rest = input.substr(step.consumed);
            const auto size = static_cast<size_t>(std::min<uint64_t>(left_, rest.size()));
            step.piece = rest.substr(0, size);
            step.consumed += size;
            left_ -= size;
            if (left_ == 0) part_ = Part::kBytesCr;
            return step;
        }
        const char c = input[step.consumed++];
        switch (part_) {
            case Part::kSize:
            case Part::kExtension:
            case Part::kSizeEnd:
                take_size_byte(c);
                break;
            case Part::kBytesCr:
                if (c != '\r') fail("a chunk is longer than its size says");
                part_ = Part::kBytesLf;
                break;
            case Part::kBytesLf:
                if (c != '\n') fail("a chunk does not end in CR LF");
                part_ = Part::kSize;
                digits_ = 0;
                size_ = 0;
                break;
            case Part::kTrailer:
                take_trailer_byte(c);
                break;
            case Part::kBytes:
                break;
        }
    }
    return step;
}

void ChunkedBody::take_size_byte(char c) {
    if (part_ == Part::kSizeEnd) {
        if (c != '\n') return fail("a chunk size line holds a bare CR");
        return end_size_line();
    }
    if (part_ == Part::kExtension) {
        if (c == '\r') {
            part_ = Part::kSizeEnd;
        } else if (is_control(c) || ++extension_bytes_ > kMaxExtensionBytes) {
            fail("a chunk extension is too large or not valid");
        }
        return;
    }
    const int value = base::hex_value(c);
    if (value >= 0) {
        if (++digits_ > kMaxSizeDigits) return fail("a chunk size is too large");
        size_ = size_ * 16 + static_cast<uint64_t>(value);
    } else if (digits_ > 0 && c == '\r') {
        part_ = Part::kSizeEnd;
    } else if (digits_ > 0 && c == ';') {
        part_ = Part::kExtension;
    } else {
        fail("a chunk size is not valid");
    }
}

void ChunkedBody::end_size_line() {
    left_ = size_;
    part_ = size_ == 0 ? Part::kTrailer : Part::kBytes;
}

void ChunkedBody::take_trailer_byte(char c) {
    if (++trailer_bytes_ > kMaxTrailerBytes) return fail("the trailers are too large");
    if (!trailer_line_.empty() && trailer_line_.back() == '\r') {
        if (c != '\n') return fail("a trailer line holds a bare CR");
        trailer_line_.pop_back();
        if (trailer_line_.empty()) {
            state_ = State::kDone;
            return;
        }
        const size_t colon = trailer_line_.find(':');
        if (colon == std::string::npos ||
            !is_token(std::string_view(trailer_line_).substr(0, colon))) {
            return fail("a trailer line is not valid");
        }
        trailer_line_.clear();
        return;
    }
    if (c != '\r' && is_control(c)) return fail("a trailer line holds a control character");
    trailer_line_.push_back(c);
}

void ChunkedBody::fail(std::string_view fault) {
    state_ = State::kBroken;
    fault_ = fault;
}

}  // namespace snapgate::net

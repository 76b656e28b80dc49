#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::net {

// Takes the chunked framing of RFC 9112 (7.1) off a body as its bytes arrive. Strict: CR LF after
// each size and each chunk, nothing between size and line end but an extension, sizes below 2^60.
// Extensions and trailers are checked for size and characters, and dropped. A plain value; one
// thread at a time.
class ChunkedBody {
  public:
    enum class State { kReading, kDone, kBroken };

    struct Step {
        size_t consumed = 0;     // bytes of the input that are dealt with
        std::string_view piece;  // of the body, within the input; may be empty
    };
    // Reads on until a piece is found, the input is used up, or the state changes. After kDone it
    // takes nothing more: what follows is the next request.
    Step next(std::string_view input);

    State state() const { return state_; }
    // kBroken: what was wrong.
    std::string_view fault() const { return fault_; }

  private:
    enum class Part { kSize, kExtension, kSizeEnd, kBytes, kBytesCr, kBytesLf, kTrailer };

    void take_size_byte(char c);
    void take_trailer_byte(char c);
    void end_size_line();
    void fail(std::string_view fault);

    State state_ = State::kReading;
    Part part_ = Part::kSize;
    unsigned digits_ = 0;
    uint64_t size_ = 0;
    uint64_t left_ = 0;
    size_t extension_bytes_ = 0;
    size_t trailer_bytes_ = 0;
    std::string trailer_line_;
    std::string_view fault_;
};

}  // namespace snapgate::net

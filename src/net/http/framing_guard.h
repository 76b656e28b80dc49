#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "net/http/http.h"

namespace snapgate::net {

// The framing guard reads the head of a request from raw bytes and refuses whatever two programs
// could frame differently (request smuggling). It parses by itself rather than check before a
// library's parser reads the same bytes again: two parsers of one text are what smuggling needs,
// and Beast 1.81 takes several forms that RFC 9112 forbids. Pure functions and values; any thread
// may call.

struct HeadLimits {
    size_t max_target_bytes = 64 << 10;
    size_t max_header_bytes = 80 << 10;  // of all header lines with their ends
    size_t max_header_lines = 200;
};

// Why a head is refused; the connection ends with it.
struct HeadFault {
    unsigned status = 400;  // 400, 414 or 431
    std::string_view message;
};

enum class BodyFraming { kNone, kLength, kChunked };

// Views into the bytes that were parsed.
struct Head {
    std::string_view method;
    std::string_view target;  // origin form, also where the client sent the absolute form; or "*"
    std::string_view path;
    std::string_view query;
    unsigned minor_version = 1;  // of HTTP/1
    std::vector<Header> headers;
    BodyFraming framing = BodyFraming::kNone;
    uint64_t content_length = 0;
    bool keep_alive = true;
    bool expect_continue = false;
};

// Finds the end of a head while its bytes arrive, each looked at once; refuses a bare LF and too
// long parts at once, so that no client can make us wait or keep more than the limits.
class HeadScanner {
  public:
    explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

    enum class Progress { kMore, kComplete, kRefused };
    // `bytes` holds all of the request that has come so far: what it held in the last call, and
    // more.
    Progress scan(std::string_view bytes);
    // After kComplete: the head's size with its empty line. After kRefused: why.
    size_t size() const { return line_start_; }
    const HeadFault& fault() const { return fault_; }
    void reset();

  private:
    Progress refuse(unsigned status, std::string_view message);

    HeadLimits limits_;
    size_t scanned_ = 0;
    size_t line_start_ = 0;
    size_t headers_start_ = 0;  // 0 while in the request line
    HeadFault fault_;
};

// Parses a whole head (its last four bytes are CR LF CR LF) into `out`, whose memory is used again.
// nullopt if it has exactly one reading.
std::optional<HeadFault> parse_head(std::string_view bytes, const HeadLimits& limits, Head& out);

}  // namespace snapgate::net

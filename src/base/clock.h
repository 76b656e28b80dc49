#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::base {

using Millis = std::chrono::milliseconds;

// Wall-clock time in milliseconds since the epoch. A test passes its own clock. Every function may
// be called from any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual int64_t now_ms() const = 0;
};

// The system's clock; lives as long as the process.
const Clock& system_clock();

// A time as Kubernetes writes it, which is RFC 3339 in UTC with seconds: 2026-11-04T14:19:06Z.
std::string format_rfc3339(int64_t ms);
// Reads an RFC 3339 time, also with a fraction or another zone, as milliseconds since the epoch;
// nullopt for any other text.
std::optional<int64_t> parse_rfc3339(std::string_view text);

}  // namespace snapgate::base

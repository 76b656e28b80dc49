#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::base {

using Millis = std::chrono::milliseconds;

// The time, in milliseconds. A test passes its own clock. Every function may be called from any
// thread.
class Clock {
  public:
    virtual ~Clock() = default;
    // Since the epoch, as the system's clock has it. It jumps when somebody sets that clock.
    virtual int64_t now_ms() const = 0;
    // Since an unknown moment before the start of the process. It never jumps and never goes back.
    virtual int64_t steady_ms() const = 0;
};

// The clocks of the machine; lives as long as the process.
const Clock& system_clock();

// A time as Kubernetes writes it, which is RFC 3339 in UTC with seconds: 2026-11-04T14:19:06Z.
std::string format_rfc3339(int64_t ms);
// Reads an RFC 3339 time, also with a fraction or another zone, as milliseconds since the epoch;
// nullopt for any other text.
std::optional<int64_t> parse_rfc3339(std::string_view text);

}  // namespace snapgate::base

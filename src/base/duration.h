#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace snapgate::base {

// Reads a duration as Go writes them ("1h30m", "1.5s", "300ms"), and days besides ("90d"); "0" is
// zero. Negative durations, and durations beyond 100 years, are refused with kInvalidParameter.
Result<Millis> parse_duration(std::string_view text);

// The shortest text that parse_duration reads as `duration`: 5m, 90d, 1h30m, 250ms.
std::string format_duration(Millis duration);

// An age as kubectl prints it: 45s, 5m12s, 3h20m, 7d18h, 120d, 2y30d (duration.HumanDuration of
// k8s.io/apimachinery).
std::string human_duration(std::chrono::seconds age);

}  // namespace snapgate::base

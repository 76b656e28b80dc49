#include "snapshots/times.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "base/clock.h"
#include "base/duration.h"

namespace snapgate::cli {
std::string format_local(int64_t ms) {
    const std::time_t time = ms / 1000;
    std::tm local{};
    if (localtime_r(&time, &local) == nullptr) return "<invalid>";
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                       local.tm_mday, local.tm_hour, local.tm_min);
}

std::string age_of(std::string_view text, int64_t now_seconds) {
    const auto at_ms = base::parse_rfc3339(text);
    if (!at_ms) return "<unknown>";
    return base::human_duration(std::chrono::seconds(now_seconds - *at_ms / 1000));
}

}  // namespace snapgate::cli

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::cli {

// 2026-11-04T15:19 in the time zone of the user (TZ); one word, so that columns stay columns.
std::string format_local(int64_t ms);

// How long ago an RFC 3339 time was, as kubectl prints it; "<unknown>" if it is empty or no time.
std::string age_of(std::string_view text, int64_t now_seconds);

}  // namespace snapgate::cli

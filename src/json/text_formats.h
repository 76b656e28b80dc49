#pragma once

#include <string>
#include <string_view>

namespace snapgate::json {

// The text as a JSON string for a message, cut to a length that can be shown.
std::string shown(std::string_view text);

// Whether `text` is a time of RFC 3339, and a duration of Go's time.ParseDuration.
bool is_rfc3339(std::string_view text);
bool is_go_duration(std::string_view text);

}  // namespace snapgate::json

#pragma once

#include <string_view>

namespace snapgate::json {

// Whether `text` is a duration as Go's time.ParseDuration reads it.
bool is_go_duration(std::string_view text);

}  // namespace snapgate::json

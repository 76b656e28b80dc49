#pragma once

#include <string_view>

namespace snapgate::rules {

// Whether `text` is a duration as Go's time.ParseDuration reads it.
bool is_go_duration(std::string_view text);

}  // namespace snapgate::rules

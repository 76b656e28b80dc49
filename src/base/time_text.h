#pragma once

#include <array>
#include <cstdint>

namespace snapgate::base {

// The bytes of format_rfc3339() (clock.h) without a string's memory, for millions of times.
std::array<char, 20> rfc3339_text(int64_t ms);

}  // namespace snapgate::base

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::base {

// 1,234,567: a count as people read it.
std::string format_count(uint64_t count);

// A count and what was counted, for a message: "0 objects", "1 object", "1,234 objects". `plural`
// is for nouns that take more than an s.
std::string counted(uint64_t count, std::string_view noun, std::string_view plural = {});

}  // namespace snapgate::base

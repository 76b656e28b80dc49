#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::base {

// A count with separators for people: 1,234,567.
std::string format_count(uint64_t count);

// A number of bytes for people: "30 GiB" in the largest unit that it is a whole number of, or
// "300 bytes" where it is none of MiB.
std::string size_text(uint64_t bytes);

// A count with its noun, for a message: "0 objects", "1 object", "1,234 objects". `plural` is for
// nouns whose plural does not just add an s.
std::string counted(uint64_t count, std::string_view noun, std::string_view plural = {});

}  // namespace snapgate::base

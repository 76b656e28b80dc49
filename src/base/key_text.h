#pragma once

#include <cstddef>
#include <string_view>

// The text of an API key: sgk_<id: 12 hexadecimal digits>_<secret>.
namespace snapgate::base {

inline constexpr std::string_view kKeyPrefix = "sgk_";
inline constexpr size_t kKeyIdDigits = 12;

inline bool is_key_id(std::string_view text) {
    return text.size() == kKeyIdDigits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace snapgate::base

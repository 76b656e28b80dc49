#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace snapgate::query {

// Reads a decimal integer with or without a sign, like Go's strconv.ParseInt(text, 10, 64).
inline std::optional<int64_t> parse_int64(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace snapgate::query

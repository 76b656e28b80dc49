#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace snapgate::base {

// A decimal number: nothing but digits, at least one of them, and not above `most`; nullopt for any
// other text. Leading zeros count for nothing.
inline std::optional<uint64_t> read_decimal(std::string_view text, uint64_t most = UINT64_MAX) {
    uint64_t number = 0;
    const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || stop != text.data() + text.size() || number > most)
        return std::nullopt;
    return number;
}

}  // namespace snapgate::base

#pragma once

namespace snapgate::base {

// Single ASCII characters, whatever the locale is. No other byte counts as one of them.

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The value of a hexadecimal digit in either case; -1 for any other character.
constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr bool is_hex(char c) {
    return hex_value(c) >= 0;
}

}  // namespace snapgate::base

#pragma once

#include <string>
#include <string_view>

namespace snapgate::base {

// Single ASCII characters, whatever the locale is. No other byte counts as one of them.

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

constexpr bool is_letter(char c) {
    return is_lower(c) || is_upper(c);
}

constexpr bool is_letter_or_digit(char c) {
    return is_letter(c) || is_digit(c);
}

// What JSON and YAML have between their tokens: blanks, tabs and line ends.
constexpr bool is_white_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
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

// A letter in the other case; every other character stays.
constexpr char to_lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char to_upper(char c) {
    return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

// The same for each character of a text.
inline std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_lower(c);
    return out;
}
inline std::string to_upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_upper(c);
    return out;
}

}  // namespace snapgate::base

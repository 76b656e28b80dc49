#pragma once

#include <algorithm>
#include <string_view>

namespace snapgate::model {

// What names consist of, whatever their length: shared by names.cpp and name_faults.cpp.

constexpr bool is_lower_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
constexpr bool is_alnum(char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

// A label, and a label of a subdomain.
constexpr bool has_label_shape(std::string_view text) {
    return !text.empty() && is_lower_alnum(text.front()) && is_lower_alnum(text.back()) &&
           std::ranges::all_of(text, [](char c) { return is_lower_alnum(c) || c == '-'; });
}

constexpr bool has_subdomain_shape(std::string_view text) {
    while (true) {
        size_t dot = text.find('.');
        if (!has_label_shape(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

// The part of a qualified name behind the '/', and a label's value.
constexpr bool has_name_shape(std::string_view text) {
    return !text.empty() && is_alnum(text.front()) && is_alnum(text.back()) &&
           std::ranges::all_of(
               text, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace snapgate::model

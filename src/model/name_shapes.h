#pragma once

#include <algorithm>
#include <string_view>

#include "base/ascii.h"

namespace snapgate::model {

// What names consist of, whatever their length: shared by names.cpp and name_faults.cpp.

constexpr bool is_lower_alnum(char c) {
    return base::is_lower(c) || base::is_digit(c);
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
    return !text.empty() && base::is_letter_or_digit(text.front()) &&
           base::is_letter_or_digit(text.back()) && std::ranges::all_of(text, [](char c) {
               return base::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
           });
}

}  // namespace snapgate::model

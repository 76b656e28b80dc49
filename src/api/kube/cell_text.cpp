#include "api/kube/cell_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace snapgate::api::kube {
namespace {

constexpr size_t kEscapeBytes = 6;  // \u001b

bool is_plain(char c) {
    return c >= 0x20 && c < 0x7f && c != '\\';
}

// The character that an escape at the beginning of `text` stands for, and its length. Half of a
// pair stands for itself here: pairs are characters beyond U+FFFF, and of those that are hidden the
// store has the bytes.
base::CodePoint escaped_character(std::string_view text) {
    switch (text[1]) {
        case 'b':
            return {'\b', 2};
        case 'f':
            return {'\f', 2};
        case 'r':
            return {'\r', 2};
        case 'u':
            break;
        default:
            return {' ', 2};
    }
    uint32_t value = 0;
    const std::string_view digits = text.substr(2, kEscapeBytes - 2);
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return {value, std::min(kEscapeBytes, text.size())};
}

bool is_shown(uint32_t value) {
    return value == '\n' || value == '\t' || !base::is_hidden(value);
}

}  // namespace

void append_cell_text(std::string_view json, std::string& out) {
    while (!json.empty()) {
        const auto plain =
            static_cast<size_t>(std::ranges::find_if_not(json, is_plain) - json.begin());
        out += json.substr(0, plain);
        json.remove_prefix(plain);
        if (json.empty()) return;
        const bool escape = json.front() == '\\' && json.size() > 1;
        base::CodePoint character = escape ? escaped_character(json) : base::first_character(json);
        if (character.length == 0) character = {' ', 1};
        if (is_shown(character.value)) {
            out += json.substr(0, character.length);
        } else if (character.value < 0x10000) {
            fmt::format_to(std::back_inserter(out), "\\\\u{:04x}", character.value);
        } else {
            fmt::format_to(std::back_inserter(out), "\\\\U{:08x}", character.value);
        }
        json.remove_prefix(character.length);
    }
}

}  // namespace snapgate::api::kube

#include "base/json_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace snapgate::base {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `s` (not empty), or 0.
size_t sequence_length(std::string_view s) {
    auto at = [s](size_t i) { return static_cast<uint8_t>(s[i]); };
    uint8_t first = at(0);
    if (first < 0x80) return 1;
    size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                    : first >= 0xe0 && first <= 0xef ? 3
                    : first >= 0xf0 && first <= 0xf4 ? 4
                                                     : 0;
    if (length == 0 || s.size() < length) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    if (first == 0xe0 && at(1) < 0xa0) return 0;  // overlong
    if (first == 0xed && at(1) > 0x9f) return 0;  // surrogate
    if (first == 0xf0 && at(1) < 0x90) return 0;  // overlong
    if (first == 0xf4 && at(1) > 0x8f) return 0;  // beyond U+10FFFF
    return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        size_t length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

void append_json_string(std::string_view text, std::string& out) {
    out += '"';
    for (size_t i = 0; i < text.size();) {
        char c = text[i];
        auto u = static_cast<uint8_t>(c);
        if (u >= 0x20 && u < 0x80 && c != '"' && c != '\\') {
            out += c;
            ++i;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
            ++i;
        } else if (u < 0x20) {
            switch (c) {
                case '\n':
                    out += "\\n";
                    break;
                case '\r':
                    out += "\\r";
                    break;
                case '\t':
                    out += "\\t";
                    break;
                default:
                    fmt::format_to(std::back_inserter(out), "\\u{:04x}", u);
            }
            ++i;
        } else if (size_t length = sequence_length(text.substr(i)); length > 0) {
            out += text.substr(i, length);
            i += length;
        } else {
            out += "\xef\xbf\xbd";
            ++i;
        }
    }
    out += '"';
}

}  // namespace snapgate::base

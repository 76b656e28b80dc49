#include "base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace snapgate::base {

void append_json_string(std::string_view text, std::string& out) {
    const auto is_plain = [](char c) {
        return static_cast<uint8_t>(c) >= 0x20 && static_cast<uint8_t>(c) < 0x80 && c != '"' &&
               c != '\\';
    };
    out += '"';
    for (size_t i = 0; i < text.size();) {
        const size_t start = i;
        while (i < text.size() && is_plain(text[i])) ++i;
        out += text.substr(start, i - start);
        if (i == text.size()) break;
        char c = text[i];
        auto u = static_cast<uint8_t>(c);
        if (c == '"' || c == '\\') {
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
        } else if (const size_t length = first_character(text.substr(i)).length; length > 0) {
            out += text.substr(i, length);
            i += length;
        } else {
            out += "\xef\xbf\xbd";
            ++i;
        }
    }
    out += '"';
}

void append_visible_json_string(std::string_view text, std::string& out) {
    const size_t from = out.size();
    append_json_string(text, out);
    const auto is_ascii = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (std::ranges::all_of(std::string_view(out).substr(from), is_ascii)) return;
    const std::string written = out.substr(from);
    out.resize(from);
    for (std::string_view rest = written; !rest.empty();) {
        const CodePoint character = first_character(rest);
        if (!is_hidden(character.value)) {
            out += rest.substr(0, character.length);
        } else if (character.value < 0x10000) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", character.value);
        } else {  // a pair
            const uint32_t above = character.value - 0x10000;
            fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (above >> 10),
                           0xdc00 + (above & 0x3ff));
        }
        rest.remove_prefix(character.length);
    }
}

void append_json_member(std::string_view name, std::string_view value, std::string& out) {
    append_json_string(name, out);
    out += ':';
    append_json_string(value, out);
}

}  // namespace snapgate::base

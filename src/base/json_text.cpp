#include "base/json_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace snapgate::base {

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

}  // namespace snapgate::base

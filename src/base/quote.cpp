#include "base/quote.h"

#include <fmt/format.h>

#include <iterator>

#include "base/utf8.h"

namespace snapgate::base {
namespace {

// The characters for which Go has an escape letter, and these letters.
constexpr std::string_view kShort = "\"\\\a\b\f\n\r\t\v";
constexpr std::string_view kLetters = "\"\\abfnrtv";

void append_character(uint32_t value, std::string_view bytes, bool quoted, std::string& out) {
    auto end = std::back_inserter(out);
    const size_t at = bytes.size() == 1 ? kShort.find(bytes.front()) : std::string_view::npos;
    if (at != std::string_view::npos && (quoted || is_hidden(value))) {
        fmt::format_to(end, "\\{}", kLetters[at]);
    } else if (!is_hidden(value)) {
        out += bytes;
    } else if (value < 0x80) {
        fmt::format_to(end, "\\x{:02x}", value);
    } else if (value < 0x10000) {
        fmt::format_to(end, "\\u{:04x}", value);
    } else {
        fmt::format_to(end, "\\U{:08x}", value);
    }
}

void append_escaped(std::string_view text, bool quoted, std::string& out) {
    while (!text.empty()) {
        const CodePoint character = first_character(text);
        const size_t length = character.length == 0 ? 1 : character.length;
        if (character.length == 0) {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<uint8_t>(text[0]));
        } else {
            append_character(character.value, text.substr(0, length), quoted, out);
        }
        text.remove_prefix(length);
    }
}

}  // namespace

std::string quote(std::string_view text, size_t most) {
    const std::string_view shown = clip(text, most);
    std::string out = "\"";
    append_escaped(shown, true, out);
    if (shown.size() < text.size()) out += "...";
    return out + '"';
}

std::string visible(std::string_view text) {
    std::string out;
    append_escaped(text, false, out);
    return out;
}

}  // namespace snapgate::base

#include "base/utf8.h"

namespace snapgate::base {

CodePoint first_character(std::string_view text) {
    const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte(0);
    if (first < 0x80) return {first, 1};
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
    uint32_t value = first & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3fU);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff) return {};
    return {value, length};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const CodePoint character = first_character(text);
        if (character.length == 0) return false;
        text.remove_prefix(character.length);
    }
    return true;
}

std::string_view clip(std::string_view text, size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<uint8_t>(text[most]) & 0xc0) == 0x80) --most;
    return text.substr(0, most);
}

bool is_hidden(uint32_t character) {
    const auto within = [character](uint32_t first, uint32_t last) {
        return character >= first && character <= last;
    };
    return character < 0x20 || within(0x7f, 0x9f) || character == 0xad || character == 0x61c ||
           within(0x200b, 0x200f) || within(0x2028, 0x202e) || within(0x2060, 0x206f) ||
           character == 0xfeff || within(0xfff9, 0xfffb) || within(0xe0000, 0xe0fff);
}

}  // namespace snapgate::base

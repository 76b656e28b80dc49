#include "json/text_writer.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/byte_scan.h"

namespace snapgate::json {
namespace {

constexpr size_t kFirstBytes = 8 << 10;
constexpr size_t kLongestEscape = 6;
constexpr size_t kAtOnce = sizeof(uint64_t);

// Bytes that are not simply copied. 0xe2 begins U+2028 and U+2029, among others.
constexpr std::array<bool, 256> special_bytes() {
    std::array<bool, 256> table{};
    for (size_t i = 0; i < 0x20; ++i) table[i] = true;
    table['"'] = table['\\'] = table[0xe2] = true;
    return table;
}

constexpr auto kSpecial = special_bytes();

bool is_line_separator(std::string_view text, size_t at) {
    return text.size() - at >= 3 && text[at] == '\xe2' && text[at + 1] == '\x80' &&
           (text[at + 2] == '\xa8' || text[at + 2] == '\xa9');
}

// Writes the escape of a byte that needs one; returns the place behind it.
char* put_escape(char c, char* to) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    *to++ = '\\';
    switch (c) {
        case '"':
            *to++ = '"';
            break;
        case '\\':
            *to++ = '\\';
            break;
        case '\n':
            *to++ = 'n';
            break;
        case '\r':
            *to++ = 'r';
            break;
        case '\t':
            *to++ = 't';
            break;
        default:
            *to++ = 'u';
            *to++ = '0';
            *to++ = '0';
            *to++ = kDigits[static_cast<uint8_t>(c) >> 4];
            *to++ = kDigits[static_cast<uint8_t>(c) & 15];
    }
    return to;
}

// The two characters of each twelve bits.
constexpr std::array<std::array<char, 2>, 4096> base64_pairs() {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::array<char, 2>, 4096> pairs{};
    for (size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kAlphabet[i >> 6], kAlphabet[i & 63]};
    return pairs;
}

constexpr auto kBase64Pairs = base64_pairs();

}  // namespace

void TextWriter::grow(size_t more) {
    size_t capacity = std::max({size_ + more, capacity_ * 2, kFirstBytes});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), text_.get(), size_);
    text_ = std::move(larger);
    capacity_ = capacity;
}

void TextWriter::put_string(std::string_view text) {
    char* to = room(text.size() * kLongestEscape + 2);
    *to++ = '"';
    size_t i = 0;
    for (; i + kAtOnce <= text.size(); i += kAtOnce, to += kAtOnce) {
        const uint64_t bytes = base::load_eight(text.data() + i);
        const uint64_t special = base::bytes_below(bytes, 0x20) | base::bytes_equal_to(bytes, '"') |
                                 base::bytes_equal_to(bytes, '\\') |
                                 base::bytes_equal_to(bytes, '\xe2');
        if (special != 0) break;
        std::memcpy(to, &bytes, sizeof(bytes));
    }
    for (; i < text.size(); ++i) {
        char c = text[i];
        if (!kSpecial[static_cast<uint8_t>(c)] || (c == '\xe2' && !is_line_separator(text, i))) {
            *to++ = c;
        } else if (c != '\xe2') {
            to = put_escape(c, to);
        } else {
            std::memcpy(to, text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029", kLongestEscape);
            to += kLongestEscape;
            i += 2;
        }
    }
    *to++ = '"';
    size_ = static_cast<size_t>(to - text_.get());
}

void TextWriter::put_base64(std::string_view bytes) {
    char* to = room((bytes.size() + 2) / 3 * 4);
    auto byte = [bytes](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
    size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        std::memcpy(to, kBase64Pairs[bits >> 12].data(), 2);
        std::memcpy(to + 2, kBase64Pairs[bits & 4095].data(), 2);
        to += 4;
    }
    if (size_t rest = bytes.size() - i; rest > 0) {
        uint32_t bits = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
        std::memcpy(to, kBase64Pairs[bits >> 12].data(), 2);
        to[2] = rest == 2 ? kBase64Pairs[bits & 4095][0] : '=';
        to[3] = '=';
        to += 4;
    }
    size_ = static_cast<size_t>(to - text_.get());
}

std::string to_json_string(std::string_view text) {
    if (!needs_escapes(text)) {
        std::string plain;
        plain.reserve(text.size() + 2);
        return plain.append(1, '"').append(text).append(1, '"');
    }
    TextWriter writer;
    writer.put_string(text);
    return std::string(writer.view());
}

bool needs_escapes(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (!kSpecial[static_cast<uint8_t>(text[i])]) continue;
        if (text[i] != '\xe2' || is_line_separator(text, i)) return true;
    }
    return false;
}

}  // namespace snapgate::json

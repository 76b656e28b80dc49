#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/ascii.h"

namespace snapgate::base {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr uint8_t kNone = 0xff;

constexpr std::array<uint8_t, 256> reverse(std::string_view alphabet) {
    std::array<uint8_t, 256> table{};
    for (auto& entry : table) entry = kNone;
    for (size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
    return table;
}

constexpr auto kUrlSafeReverse = reverse(kUrlSafe);

uint32_t byte(std::string_view s, size_t i) {
    return static_cast<uint8_t>(s[i]);
}

void encode64(std::string_view in, std::string_view alphabet, bool pad, std::string& out) {
    out.reserve(out.size() + (in.size() + 2) / 3 * 4);
    size_t i = 0;
    for (; i + 3 <= in.size(); i += 3) {
        uint32_t n = byte(in, i) << 16 | byte(in, i + 1) << 8 | byte(in, i + 2);
        out += alphabet[n >> 18];
        out += alphabet[n >> 12 & 63];
        out += alphabet[n >> 6 & 63];
        out += alphabet[n & 63];
    }
    if (size_t rest = in.size() - i; rest > 0) {
        uint32_t n = byte(in, i) << 16 | (rest == 2 ? byte(in, i + 1) << 8 : 0);
        out += alphabet[n >> 18];
        out += alphabet[n >> 12 & 63];
        if (rest == 2) out += alphabet[n >> 6 & 63];
        if (pad) out.append(3 - rest, '=');
    }
}

std::optional<std::string> decode64(std::string_view in, const std::array<uint8_t, 256>& table) {
    if (in.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(in.size() / 4 * 3 + 2);
    uint32_t bits = 0;
    int have = 0;
    for (char c : in) {
        uint8_t v = table[static_cast<uint8_t>(c)];
        if (v == kNone) return std::nullopt;
        bits = bits << 6 | v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out += static_cast<char>(bits >> have & 0xff);
        }
    }
    // The unused low bits must be zero, so that a text has one value and a value one text.
    if ((bits & ((1U << have) - 1)) != 0) return std::nullopt;
    return out;
}

template <class T>
void append_big_endian(T value, std::string& out) {
    for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xff);
}

template <class T>
T read_big_endian(std::string_view bytes, size_t at) {
    assert(at + sizeof(T) <= bytes.size());
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value << 8 | static_cast<uint8_t>(bytes[at + i]));
    return value;
}

}  // namespace

std::string hex(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (char c : bytes) {
        out += kDigits[static_cast<uint8_t>(c) >> 4];
        out += kDigits[static_cast<uint8_t>(c) & 15];
    }
    return out;
}

void append_base64(std::string_view bytes, std::string& out) {
    encode64(bytes, kStandard, true, out);
}

std::string base64url(std::string_view bytes) {
    std::string out;
    encode64(bytes, kUrlSafe, false, out);
    return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    return decode64(text, kUrlSafeReverse);
}

void append_u16(uint16_t value, std::string& out) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value & 0xff);
}
void append_u32(uint32_t value, std::string& out) {
    append_big_endian(value, out);
}
void append_u64(uint64_t value, std::string& out) {
    append_big_endian(value, out);
}
uint16_t read_u16(std::string_view bytes, size_t at) {
    assert(at + 2 <= bytes.size());
    return static_cast<uint16_t>(byte(bytes, at) << 8 | byte(bytes, at + 1));
}
uint32_t read_u32(std::string_view bytes, size_t at) {
    return read_big_endian<uint32_t>(bytes, at);
}
uint64_t read_u64(std::string_view bytes, size_t at) {
    return read_big_endian<uint64_t>(bytes, at);
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            int high = hex_value(text[i + 1]);
            int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high << 4 | low);
            i += 2;
        } else if (text[i] == '+' && plus_is_blank) {
            out += ' ';
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        const bool unreserved =
            is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
        } else {
            out += '%';
            out += kDigits[static_cast<uint8_t>(c) >> 4];
            out += kDigits[static_cast<uint8_t>(c) & 15];
        }
    }
    return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace snapgate::base

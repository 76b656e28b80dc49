#include "json/document.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "json/byte_order_mark.h"

namespace snapgate::json {
namespace {

// A parser keeps about 13 bytes for each byte of the largest text it has read.
constexpr size_t kKeptBytes = 256 << 10;
constexpr size_t kInt64Digits = 19;

// The code unit of a \uXXXX whose digits begin at `at`; 0 if they are no such number, which the
// parser refuses.
uint32_t code_unit(std::string_view text, size_t at) {
    uint32_t unit = 0;
    if (text.size() < at + 4) return 0;
    for (size_t i = at; i < at + 4; ++i) {
        char c = text[i];
        auto digit = static_cast<uint32_t>(base::is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        if (digit > 15) return 0;
        unit = unit << 4 | digit;
    }
    return unit;
}

bool is_high_surrogate(uint32_t unit) {
    return unit >= 0xd800 && unit < 0xdc00;
}
bool is_low_surrogate(uint32_t unit) {
    return unit >= 0xdc00 && unit < 0xe000;
}

// simdjson 3.0 lets half of a surrogate pair through, as bytes that are no UTF-8.
bool has_half_surrogate(std::string_view text) {
    for (size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
        at += 2;
        if (at > text.size() || text[at - 1] != 'u') continue;
        uint32_t unit = code_unit(text, at);
        if (is_low_surrogate(unit)) return true;
        if (!is_high_surrogate(unit)) continue;
        if (text.substr(at + 4, 2) != "\\u" || !is_low_surrogate(code_unit(text, at + 6)))
            return true;
        at += 10;
    }
    return false;
}

// Whether the integer with the digits [begin, end) and the sign before it fits into 64 bits.
bool fits_64_bits(std::string_view text, size_t begin, size_t end) {
    const char* first = text.data() + begin;
    const char* last = text.data() + end;
    if (begin > 0 && text[begin - 1] == '-') {
        int64_t number = 0;
        return std::from_chars(first - 1, last, number).ec == std::errc();
    }
    uint64_t number = 0;
    return std::from_chars(first, last, number).ec == std::errc();
}

// simdjson refuses integers beyond 64 bits, which Go writes for large floating-point numbers: here
// they get an exponent, so that they are read as such numbers. Empty if there is none.
std::string widen_integers(std::string_view text) {
    std::string wide;
    size_t copied = 0;
    bool in_string = false;
    for (size_t at = 0; at < text.size();) {
        char c = text[at];
        if (in_string || !base::is_digit(c)) {
            if (in_string && c == '\\') ++at;
            if (c == '"') in_string = !in_string;
            ++at;
            continue;
        }
        size_t begin = at;
        while (at < text.size() && base::is_digit(text[at])) ++at;
        if (at - begin < kInt64Digits || fits_64_bits(text, begin, at)) continue;
        char before = begin > 0 ? text[begin - 1] : ' ';
        char after = at < text.size() ? text[at] : ' ';
        if (before == '-' && begin > 1) before = text[begin - 2];
        if (before == '.' || before == '+' || (before | 0x20) == 'e' || after == '.' ||
            (after | 0x20) == 'e')
            continue;  // part of a floating-point number
        wide.append(text, copied, at - copied);
        wide += "e0";
        copied = at;
    }
    if (copied > 0) wide.append(text, copied);
    return wide;
}

}  // namespace

base::Result<simdjson::dom::element> Document::parse(std::string_view text) {
    if (text.size() > kMaxStoredBytes)
        return base::Error{base::Code::kTooLarge,
                           fmt::format("the object has {} bytes; at most {} are taken", text.size(),
                                       kMaxStoredBytes)};
    simdjson::dom::element root;
    auto error = parse_padded(text, root);
    if (error == simdjson::NUMBER_ERROR) {
        std::string wide = widen_integers(text);
        if (!wide.empty()) error = parse_padded(wide, root);
    }
    if (error == simdjson::DEPTH_ERROR)
        return base::Error{base::Code::kInvalidBody,
                           fmt::format("the JSON is nested deeper than {} levels", kMaxLevels)};
    if (error)
        return base::Error{base::Code::kInvalidBody,
                           fmt::format("this is not JSON: {}",
                                       text.starts_with(kByteOrderMark)
                                           ? kBeginsWithMark
                                           : std::string_view(simdjson::error_message(error)))};
    if (has_half_surrogate(text))
        return base::Error{base::Code::kInvalidBody,
                           "this is not JSON: a string has half of a surrogate pair"};
    return root;
}

simdjson::error_code Document::parse_padded(std::string_view text, simdjson::dom::element& root) {
    if (!parser_) parser_ = std::make_unique<simdjson::dom::parser>();
    padded_.assign(text);
    padded_.append(simdjson::SIMDJSON_PADDING, ' ');
    return parser_->parse(padded_.data(), text.size(), false).get(root);
}

std::optional<simdjson::dom::element> last_member(const simdjson::dom::element& object,
                                                  std::string_view key) {
    simdjson::dom::object members;
    if (object.get(members) != simdjson::SUCCESS) return std::nullopt;
    std::optional<simdjson::dom::element> last;
    for (const auto field : members) {
        if (field.key == key) last = field.value;
    }
    return last;
}

void Document::shrink() {
    if (padded_.capacity() <= kKeptBytes) return;
    parser_.reset();
    padded_ = std::string();
}

}  // namespace snapgate::json

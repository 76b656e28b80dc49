#include "json/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "base/ascii.h"

namespace snapgate::json {
namespace {

bool all_of(std::string_view text, auto predicate) {
    return !text.empty() && std::ranges::all_of(text, predicate);
}

bool one_of(std::string_view text, auto... words) {
    return ((text == words) || ...);
}

std::string_view without_sign(std::string_view text) {
    return text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
}

// [0-9]+(\.[0-9]*)?|\.[0-9]+, then ([eE][-+]?[0-9]+)?
bool is_float(std::string_view text) {
    size_t whole = 0;
    while (whole < text.size() && base::is_digit(text[whole])) ++whole;
    text.remove_prefix(whole);
    size_t fraction = 0;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        while (fraction < text.size() && base::is_digit(text[fraction])) ++fraction;
        text.remove_prefix(fraction);
    }
    if (whole + fraction == 0) return false;
    if (text.empty()) return true;
    return (text[0] == 'e' || text[0] == 'E') &&
           all_of(without_sign(text.substr(1)), base::is_digit);
}

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

// 0x1f, 0o17
bool has_base(std::string_view text) {
    return (text.starts_with("0x") && all_of(text.substr(2), base::is_hex)) ||
           (text.starts_with("0o") && all_of(text.substr(2), is_octal));
}

bool is_date(std::string_view text) {
    size_t at = 0;
    auto digits = [&](size_t least, size_t most) {
        size_t begin = at;
        while (at < text.size() && at - begin < most && base::is_digit(text[at])) ++at;
        return at - begin >= least;
    };
    auto dash = [&] {
        if (at == text.size() || text[at] != '-') return false;
        ++at;
        return true;
    };
    if (!digits(4, 4) || !dash() || !digits(1, 2) || !dash() || !digits(1, 2)) return false;
    return at == text.size() || text[at] == 'T' || text[at] == 't' || text[at] == ' ';
}

}  // namespace

PlainType plain_type(std::string_view text) {
    if (one_of(text, "", "~", "null", "Null", "NULL")) return PlainType::kNull;
    if (one_of(text, "true", "True", "TRUE", "false", "False", "FALSE")) return PlainType::kBool;
    std::string_view number = without_sign(text);
    if (all_of(number, base::is_digit) || has_base(text)) return PlainType::kInteger;
    if (one_of(number, ".inf", ".Inf", ".INF") || one_of(text, ".nan", ".NaN", ".NAN"))
        return PlainType::kNoNumber;
    return is_float(number) ? PlainType::kFloat : PlainType::kText;
}

std::string plain_to_json(std::string_view text, PlainType type) {
    switch (type) {
        case PlainType::kNull:
            return "null";
        case PlainType::kBool:
            return text[0] == 't' || text[0] == 'T' ? "true" : "false";
        case PlainType::kInteger: {
            if (has_base(text)) {
                uint64_t number = 0;
                std::string_view digits = text.substr(2);
                auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number,
                                            text[1] == 'x' ? 16 : 8);
                return read.ec == std::errc() ? std::to_string(number) : std::string();
            }
            std::string_view digits = without_sign(text);
            digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
            std::string json = text[0] == '-' && digits != "0" ? "-" : "";
            return json.append(digits);
        }
        case PlainType::kFloat: {
            double number = 0;
            std::string_view unsigned_text = without_sign(text);
            auto read = std::from_chars(unsigned_text.data(),
                                        unsigned_text.data() + unsigned_text.size(), number);
            if (read.ec != std::errc()) {
                // A number that is too small counts as zero; one that is too large is refused.
                if (std::strtod(std::string(unsigned_text).c_str(), nullptr) > 1) return {};
                number = 0;
            }
            std::array<char, 32> buffer;
            if (text[0] == '-') number = -number;
            auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
            std::string json(buffer.data(), end);
            if (json.find_first_of(".e") == std::string::npos) json += ".0";
            return json;
        }
        case PlainType::kText:
        case PlainType::kNoNumber:
            break;
    }
    return {};
}

bool looks_like_other_type(std::string_view text) {
    if (plain_type(text) != PlainType::kText) return true;
    if (one_of(text, "y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON",
               "off", "Off", "OFF", "<<", "="))
        return true;
    if (is_date(text)) return true;
    std::string_view number = without_sign(text);
    if (number.empty() || (!base::is_digit(number[0]) && number[0] != '.')) return false;
    // 1_000, 0b11, 0x_ff, -0x10, 190:20:30
    std::string plain(number);
    std::erase(plain, '_');
    if (plain_type(plain) != PlainType::kText) return true;
    if (plain.starts_with("0b") && all_of(std::string_view(plain).substr(2), is_octal)) return true;
    return plain.find(':') != std::string::npos && std::ranges::all_of(plain, [](char c) {
               return base::is_digit(c) || c == ':' || c == '.';
           });
}

}  // namespace snapgate::json

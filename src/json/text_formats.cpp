#include "json/text_formats.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/json_text.h"

namespace snapgate::json {
namespace {

constexpr size_t kShownBytes = 256;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The number in the digits at `at`, or -1 if they are none.
int number(std::string_view text, size_t at, size_t digits) {
    int value = 0;
    for (size_t i = at; i < at + digits; ++i) {
        if (!is_digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int days_of(int year, int month) {
    static constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : kDays[static_cast<size_t>(month - 1)];
}

// The nanoseconds of the unit that `text` begins with, which is removed; 0 if it is none.
double take_unit(std::string_view& text) {
    struct Unit {
        std::string_view name;
        double nanoseconds;
    };
    // "m" after "ms"; the two micro signs of Unicode.
    static constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                                 {"us", 1e3},
                                                 {"\xc2\xb5s", 1e3},
                                                 {"\xce\xbcs", 1e3},
                                                 {"ms", 1e6},
                                                 {"s", 1e9},
                                                 {"m", 60e9},
                                                 {"h", 3600e9}}};
    for (const Unit& unit : kUnits) {
        if (!text.starts_with(unit.name)) continue;
        text.remove_prefix(unit.name.size());
        return unit.nanoseconds;
    }
    return 0;
}

}  // namespace

std::string shown(std::string_view text) {
    std::string out;
    if (text.size() <= kShownBytes) {
        base::append_json_string(text, out);
        return out;
    }
    size_t size = kShownBytes;
    while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
    base::append_json_string(text.substr(0, size), out);
    out.insert(out.size() - 1, "...");
    return out;
}

bool is_rfc3339(std::string_view text) {
    // 2026-11-04T14:19:06Z, 2026-11-04T14:19:06.25+01:00
    if (text.size() < 20) return false;
    int year = number(text, 0, 4);
    int month = number(text, 5, 2);
    int day = number(text, 8, 2);
    int hour = number(text, 11, 2);
    int minute = number(text, 14, 2);
    int second = number(text, 17, 2);
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of(year, month)) return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    text.remove_prefix(19);
    if (text[0] == '.') {
        text.remove_prefix(1);
        size_t digits = 0;
        while (digits < text.size() && is_digit(text[digits])) ++digits;
        if (digits == 0) return false;
        text.remove_prefix(digits);
    }
    if (text == "Z") return true;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    int zone_hour = number(text, 1, 2);
    int zone_minute = number(text, 4, 2);
    return zone_hour >= 0 && zone_hour <= 23 && zone_minute >= 0 && zone_minute <= 59;
}

bool is_go_duration(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    if (text == "0") return true;
    if (text.empty()) return false;
    double nanoseconds = 0;
    while (!text.empty()) {
        double value = 0;
        double scale = 1;
        bool digits = false;
        for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
            value = value * 10 + (text[0] - '0');
            digits = true;
        }
        if (!text.empty() && text[0] == '.') {
            text.remove_prefix(1);
            for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
                scale /= 10;
                value += (text[0] - '0') * scale;
                digits = true;
            }
        }
        double unit = take_unit(text);
        if (!digits || unit == 0) return false;
        nanoseconds += value * unit;
    }
    return nanoseconds < static_cast<double>(std::numeric_limits<int64_t>::max());
}

}  // namespace snapgate::json

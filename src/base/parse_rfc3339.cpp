#include <chrono>

#include "base/ascii.h"
#include "base/clock.h"

namespace snapgate::base {
namespace {

// Takes a number of `digits` digits, and the character `after` that must follow, off the text.
std::optional<int> take(std::string_view& text, size_t digits, char after) {
    if (text.size() < digits + (after == '\0' ? 0 : 1)) return std::nullopt;
    int number = 0;
    for (size_t i = 0; i < digits; ++i) {
        if (!is_digit(text[i])) return std::nullopt;
        number = number * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    if (after != '\0') {
        if (text.front() != after) return std::nullopt;
        text.remove_prefix(1);
    }
    return number;
}

// The fraction of a second in milliseconds; finer digits are dropped.
std::optional<int> take_fraction(std::string_view& text) {
    if (text.empty() || text.front() != '.') return 0;
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    int milliseconds = 0;
    for (int scale = 100; !text.empty() && is_digit(text.front()); scale /= 10) {
        milliseconds += (text.front() - '0') * scale;
        text.remove_prefix(1);
    }
    return milliseconds;
}

// Minutes east of Greenwich.
std::optional<int> read_zone(std::string_view text) {
    if (text == "Z") return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    const auto hours = take(text, 2, ':');
    const auto minutes = hours ? take(text, 2, '\0') : std::nullopt;
    if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

}  // namespace

std::optional<int64_t> parse_rfc3339(std::string_view text) {
    const auto year = take(text, 4, '-');
    const auto month = year ? take(text, 2, '-') : std::nullopt;
    const auto day = month ? take(text, 2, 'T') : std::nullopt;
    const auto hour = day ? take(text, 2, ':') : std::nullopt;
    const auto minute = hour ? take(text, 2, ':') : std::nullopt;
    const auto second = minute ? take(text, 2, '\0') : std::nullopt;
    const auto milliseconds = second ? take_fraction(text) : std::nullopt;
    const auto zone = milliseconds ? read_zone(text) : std::nullopt;
    if (!zone || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const int64_t seconds = ((days * 24 + *hour) * 60 + *minute - *zone) * 60 + *second;
    return seconds * 1000 + *milliseconds;
}

}  // namespace snapgate::base

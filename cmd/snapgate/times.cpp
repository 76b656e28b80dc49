#include "times.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "base/duration.h"

namespace snapgate::cli {
namespace {

// Takes `digits` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

// Seconds that are to be taken off a local time of this offset; the text ends with it.
std::optional<int> parse_offset(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    int sign = text.front() == '+' ? 1 : -1;
    text.remove_prefix(1);
    auto hours = take_number(text, 2);
    if (!hours || !take(text, ":")) return std::nullopt;
    auto minutes = take_number(text, 2);
    if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<int64_t> parse_rfc3339(std::string_view text) {
    auto year = take_number(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    auto month = take_number(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    auto day = take_number(text, 2);
    if (!day || !take(text, "Tt ")) return std::nullopt;
    auto hour = take_number(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    auto minute = take_number(text, 2);
    if (!minute || !take(text, ":")) return std::nullopt;
    auto second = take_number(text, 2);
    if (!second) return std::nullopt;
    if (take(text, ".")) {
        if (!take_number(text, 1)) return std::nullopt;
        while (take(text, "0123456789")) {
        }
    }
    auto offset = parse_offset(text);
    std::chrono::year_month_day date{std::chrono::year(*year),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day))};
    if (!offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    int seconds = *hour * 3600 + *minute * 60 + *second - *offset;
    return days * 86400 + seconds;
}

std::string format_local(int64_t seconds) {
    std::time_t time = seconds;
    std::tm local{};
    if (localtime_r(&time, &local) == nullptr) return "<invalid>";
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                       local.tm_mday, local.tm_hour, local.tm_min);
}

std::string age_of(std::string_view text, int64_t now_seconds) {
    auto at = parse_rfc3339(text);
    if (!at) return "<unknown>";
    return base::human_duration(std::chrono::seconds(now_seconds - *at));
}

}  // namespace snapgate::cli

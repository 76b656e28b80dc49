#include "base/duration.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "base/ascii.h"

namespace snapgate::base {
namespace {

constexpr double kMaxMs = 100.0 * 365 * 24 * 3600 * 1000;

Error bad_duration(std::string_view text) {
    return Error(Code::kInvalidParameter,
                 fmt::format("\"{}\" is not a duration: write it like 300ms, 5m, 1h30m or 90d",
                             text.substr(0, 64)));
}

}  // namespace

Result<Millis> parse_duration(std::string_view text) {
    if (text == "0") return Millis(0);
    if (text.empty() || text.size() > 64) return bad_duration(text);
    double total = 0;
    size_t at = 0;
    while (at < text.size()) {
        double number = 0;
        double scale = 1;
        bool digits = false;
        bool fraction = false;
        for (; at < text.size(); ++at) {
            char c = text[at];
            if (is_digit(c)) {
                digits = true;
                if (fraction) {
                    scale /= 10;
                    number += (c - '0') * scale;
                } else {
                    number = number * 10 + (c - '0');
                }
            } else if (c == '.' && !fraction) {
                fraction = true;
            } else {
                break;
            }
        }
        if (!digits) return bad_duration(text);
        static constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{
            {{"ns", 1e-6},
             {"us", 1e-3},
             {"µs", 1e-3},
             {"ms", 1},
             {"s", 1e3},
             {"m", 60e3},
             {"h", 3600e3},
             {"d", 86400e3}}};
        bool found = false;
        for (const auto& [unit, ms] : kUnits) {
            if (text.substr(at).starts_with(unit)) {
                total += number * ms;
                at += unit.size();
                found = true;
                break;
            }
        }
        if (!found || total > kMaxMs) return bad_duration(text);
    }
    return Millis(std::llround(total));
}

std::string format_duration(Millis duration) {
    int64_t ms = duration.count();
    if (ms == 0) return "0s";
    std::string out;
    static constexpr std::array<std::pair<const char*, int64_t>, 5> kUnits{
        {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};
    for (const auto& [unit, size] : kUnits) {
        if (ms >= size) {
            out += fmt::format("{}{}", ms / size, unit);
            ms %= size;
        }
    }
    return out;
}

std::string human_duration(std::chrono::seconds age) {
    int64_t s = age.count();
    if (s < -1) return "<invalid>";
    if (s < 0) return "0s";
    if (s < 120) return fmt::format("{}s", s);
    int64_t m = s / 60;
    if (m < 10) return s % 60 == 0 ? fmt::format("{}m", m) : fmt::format("{}m{}s", m, s % 60);
    if (m < 180) return fmt::format("{}m", m);
    int64_t h = m / 60;
    if (h < 8) return m % 60 == 0 ? fmt::format("{}h", h) : fmt::format("{}h{}m", h, m % 60);
    if (h < 48) return fmt::format("{}h", h);
    int64_t d = h / 24;
    if (h < 192) return h % 24 == 0 ? fmt::format("{}d", d) : fmt::format("{}d{}h", d, h % 24);
    if (h < 24 * 365 * 2) return fmt::format("{}d", d);
    int64_t y = d / 365;
    if (h < 24 * 365 * 8)
        return d % 365 == 0 ? fmt::format("{}y", y) : fmt::format("{}y{}d", y, d % 365);
    return fmt::format("{}y", y);
}

}  // namespace snapgate::base

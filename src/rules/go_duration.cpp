#include "rules/go_duration.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/ascii.h"

namespace snapgate::rules {
namespace {

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

bool is_go_duration(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    if (text == "0") return true;
    if (text.empty()) return false;
    double nanoseconds = 0;
    while (!text.empty()) {
        double value = 0;
        double scale = 1;
        bool digits = false;
        for (; !text.empty() && base::is_digit(text[0]); text.remove_prefix(1)) {
            value = value * 10 + (text[0] - '0');
            digits = true;
        }
        if (!text.empty() && text[0] == '.') {
            text.remove_prefix(1);
            for (; !text.empty() && base::is_digit(text[0]); text.remove_prefix(1)) {
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

}  // namespace snapgate::rules

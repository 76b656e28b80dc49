#include "model/quantity.h"

#include <array>
#include <cmath>

#include "base/ascii.h"
#include "base/decimal.h"

namespace snapgate::model {
namespace {

constexpr size_t kMostDigits = 30;

struct Suffix {
    std::string_view text;
    double factor;
};
constexpr std::array kSuffixes = {
    Suffix{"", 1},        Suffix{"n", 1e-9},    Suffix{"u", 1e-6},    Suffix{"m", 1e-3},
    Suffix{"k", 1e3},     Suffix{"M", 1e6},     Suffix{"G", 1e9},     Suffix{"T", 1e12},
    Suffix{"P", 1e15},    Suffix{"E", 1e18},    Suffix{"Ki", 0x1p10}, Suffix{"Mi", 0x1p20},
    Suffix{"Gi", 0x1p30}, Suffix{"Ti", 0x1p40}, Suffix{"Pi", 0x1p50}, Suffix{"Ei", 0x1p60},
};

// The factor of what stands behind the number: a suffix, or an exponent.
std::optional<double> factor_of(std::string_view text) {
    for (const Suffix& suffix : kSuffixes)
        if (suffix.text == text) return suffix.factor;
    if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
    text.remove_prefix(1);
    const bool negative = text[0] == '-';
    if (negative || text[0] == '+') text.remove_prefix(1);
    constexpr uint64_t kMostExponent = 30;
    const auto exponent = base::read_decimal(text, kMostExponent);
    if (!exponent) return std::nullopt;
    const auto power = static_cast<double>(*exponent);
    return std::pow(10, negative ? -power : power);
}

}  // namespace

std::optional<uint64_t> parse_quantity(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    double unit = 1;
    size_t digits = 0;
    bool fraction = false;
    size_t at = 0;
    for (; at < text.size() && (base::is_digit(text[at]) || (text[at] == '.' && !fraction)); ++at) {
        if (text[at] == '.') {
            fraction = true;
            continue;
        }
        if (++digits > kMostDigits) return std::nullopt;
        value = value * 10 + (text[at] - '0');
        if (fraction) unit *= 10;
    }
    const auto factor = factor_of(text.substr(at));
    if (digits == 0 || !factor) return std::nullopt;
    const double bytes = std::ceil(value * *factor / unit);
    if (!(bytes < double{kQuantityEnd})) return std::nullopt;
    return static_cast<uint64_t>(bytes);
}

}  // namespace snapgate::model

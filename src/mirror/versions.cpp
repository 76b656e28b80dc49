#include "mirror/versions.h"

#include <algorithm>

#include "base/decimal.h"

namespace snapgate::mirror {

std::optional<uint64_t> version_number(std::string_view version) {
    return base::read_decimal(version);
}

bool is_version(std::string_view text) {
    constexpr size_t kMaxVersion = 128;
    if (text.empty() || text.size() > kMaxVersion) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

bool is_newer(std::string_view a, std::string_view b) {
    const auto left = version_number(a);
    const auto right = version_number(b);
    return left && right && *left > *right;
}

}  // namespace snapgate::mirror

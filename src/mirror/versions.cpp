#include "mirror/versions.h"

#include <algorithm>
#include <charconv>

namespace snapgate::mirror {

std::optional<uint64_t> version_number(std::string_view version) {
    uint64_t number = 0;
    const auto [end, failed] =
        std::from_chars(version.data(), version.data() + version.size(), number);
    if (failed != std::errc() || end != version.data() + version.size()) return std::nullopt;
    return number;
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

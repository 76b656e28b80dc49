#include "query/version_order.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace snapgate::query {
namespace {

std::optional<uint64_t> number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

VersionOrder compare_versions(std::string_view version, std::string_view other) {
    const auto left = number(version);
    const auto right = number(other);
    if (!left || !right) return VersionOrder::kUnknown;
    return *left > *right ? VersionOrder::kNewer : VersionOrder::kNotNewer;
}

}  // namespace snapgate::query

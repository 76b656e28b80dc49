#include "query/version_order.h"

#include <cstdint>
#include <optional>

#include "base/decimal.h"

namespace snapgate::query {
VersionOrder compare_versions(std::string_view version, std::string_view other) {
    const auto left = base::read_decimal(version);
    const auto right = base::read_decimal(other);
    if (!left || !right) return VersionOrder::kUnknown;
    return *left > *right ? VersionOrder::kNewer : VersionOrder::kNotNewer;
}

}  // namespace snapgate::query

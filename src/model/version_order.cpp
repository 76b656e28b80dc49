#include "model/version_order.h"

#include "base/decimal.h"

namespace snapgate::model {

VersionOrder compare_versions(std::string_view version, std::string_view other) {
    const auto left = base::read_decimal(version);
    const auto right = base::read_decimal(other);
    if (!left || !right) return VersionOrder::kUnknown;
    return *left > *right ? VersionOrder::kNewer : VersionOrder::kNotNewer;
}

bool is_newer(std::string_view version, std::string_view other) {
    return compare_versions(version, other) == VersionOrder::kNewer;
}

}  // namespace snapgate::model

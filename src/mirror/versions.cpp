#include "mirror/versions.h"

#include "base/decimal.h"

namespace snapgate::mirror {

std::optional<uint64_t> version_number(std::string_view version) {
    return base::read_decimal(version);
}

bool is_newer(std::string_view a, std::string_view b) {
    const auto left = version_number(a);
    const auto right = version_number(b);
    return left && right && *left > *right;
}

}  // namespace snapgate::mirror

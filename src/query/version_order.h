#pragma once

#include <string_view>

namespace snapgate::query {

// The order of two resource versions of a connected cluster. Kubernetes' own storage gives out
// decimal numbers; the order of other texts is not known.
enum class VersionOrder { kNewer, kNotNewer, kUnknown };

// The order of `version` relative to `other`.
VersionOrder compare_versions(std::string_view version, std::string_view other);

}  // namespace snapgate::query

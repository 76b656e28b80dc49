#pragma once

#include <string_view>

namespace snapgate::query {

// How two resource versions of a connected cluster stand to each other. They are decimal numbers
// wherever Kubernetes' own storage gives them out; of other texts nothing is known.
enum class VersionOrder { kNewer, kNotNewer, kUnknown };

// Of the first to the second.
VersionOrder compare_versions(std::string_view version, std::string_view other);

}  // namespace snapgate::query

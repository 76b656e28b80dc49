#pragma once

#include <string_view>

namespace snapgate::model {

// The order of two resource versions of a connected cluster. Every Kubernetes there is gives out
// decimal numbers that grow (and promises their order from 1.35 on); the order of other texts is
// not known. So a mirror uses the order only to do more than it must, never less.
enum class VersionOrder { kNewer, kNotNewer, kUnknown };

// The order of `version` relative to `other`.
VersionOrder compare_versions(std::string_view version, std::string_view other);

// Whether `version` is known to be newer than `other`.
bool is_newer(std::string_view version, std::string_view other);

}  // namespace snapgate::model

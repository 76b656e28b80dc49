#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::cli {

// The word among `known` that `typed` was most likely meant to be; "" if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace snapgate::cli

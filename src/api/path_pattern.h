#pragma once

#include <string_view>
#include <vector>

namespace snapgate::api {

// Whether `path` is of the form `pattern`: segments, "{}" for a parameter that is not empty. Leaves
// the parameters, still encoded, in `parameters`.
bool matches(std::string_view pattern, std::string_view path,
             std::vector<std::string_view>& parameters);

}  // namespace snapgate::api

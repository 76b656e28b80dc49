#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace snapgate::base {

// The word among `known` that `typed` was most likely meant to be; "" if none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

// ": did you mean history?", for the end of a message; "" if none is near.
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& known);

// What is wrong with a field of a file whose name is none of `known`. The name may be a secret that
// slid out of its place: it is only told if it is `shown`, or near to one that is known.
std::string unknown_field(std::string_view name, bool shown, const std::vector<std::string>& known);

}  // namespace snapgate::base

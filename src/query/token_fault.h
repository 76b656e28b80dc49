#pragma once

#include <string>
#include <string_view>

namespace snapgate::query {

// What is wrong with a text that is no token of ours, in the words of Go's base64 where it is not
// even that.
std::string token_fault(std::string_view text);

}  // namespace snapgate::query

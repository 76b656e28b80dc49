#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snapgate::base {

// A text from outside as an error shows it: in double quotes and escaped as Go's strconv.Quote
// does, in whose words Kubernetes speaks of a value. Of a text with more than `most` bytes the
// beginning is shown, followed by "..." within the quotes.
std::string quote(std::string_view text, size_t most = 1024);

}  // namespace snapgate::base

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snapgate::base {

// A text from outside in the form for an error message: in double quotes and escaped like Go's
// strconv.Quote, which Kubernetes uses in its messages. A text of more than `most` bytes is cut,
// with "..." before the closing quote.
std::string quote(std::string_view text, size_t most = 1024);

// A text that may hold parts from outside, as a message shows it: characters that a terminal acts
// on, that turn the direction of writing or that cannot be seen, and bytes that are no UTF-8, are
// escaped as in quote(). A text without them is unchanged.
std::string visible(std::string_view text);

}  // namespace snapgate::base

#pragma once

#include <string>
#include <string_view>

namespace snapgate::query {

// A text as Go's %q shows it.
std::string quoted(std::string_view text);

}  // namespace snapgate::query

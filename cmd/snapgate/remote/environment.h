#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::cli {

// Looks up a variable of the environment; an empty one counts as absent. A test passes its own.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
std::optional<std::string> process_environment(std::string_view name);

}  // namespace snapgate::cli

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

namespace snapgate::app {

// Looks up a variable of the environment, and lists the names of all variables (to find unknown
// ones).
struct Environment {
    std::function<std::optional<std::string>(const std::string&)> get;
    std::vector<std::string> names;

    static Environment of_process();
};

// Puts the settings together: `flags` are (name, value) pairs from the command line, a switch's
// value "true". Of a setting that several places have, the flag counts, else the environment, else
// the configuration file. kInvalidParameter tells of all names and values that are wrong, up to
// ten, each with its place and its fault, or of the first settings that do not go together.
base::Result<Settings> load_settings(const std::vector<std::pair<std::string, std::string>>& flags,
                                     const Environment& environment);

}  // namespace snapgate::app

#pragma once

#include <filesystem>
#include <string_view>

#include "app/settings.h"
#include "base/result.h"
#include "json/value.h"

namespace snapgate::app {

// Whether `name` is a declaration of the configuration file, which neither a flag nor the
// environment can make: `clusters` or `credential-programs`.
bool is_declaration(std::string_view name);

// Reads one declaration into `settings`. Paths are relative to `folder`, the folder of the file.
// The message of an error names the wrong element, such as clusters[2].
base::Result<void> read_declaration(Settings& settings, std::string_view name,
                                    const json::Value& value, const std::filesystem::path& folder);

}  // namespace snapgate::app

#pragma once

#include <filesystem>
#include <string_view>

#include "app/settings.h"
#include "base/result.h"
#include "json/value.h"

namespace snapgate::app {

// What the configuration file declares beside the settings, as neither a flag nor the environment
// can: `clusters` and `credential-programs`.
bool is_declaration(std::string_view name);

// Reads one of them into `settings`; paths count from `folder`, where the file is. The message
// names what is wrong, as in clusters[2].
base::Result<void> read_declaration(Settings& settings, std::string_view name,
                                    const json::Value& value, const std::filesystem::path& folder);

}  // namespace snapgate::app

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "connect/declarations.h"
#include "identity/declared_issuer.h"

namespace snapgate::app {

// The configuration file of a server, as it stands there.
struct ConfigFile {
    struct Value {
        std::string name;
        std::string text;
        size_t line = 0;
    };
    std::vector<Value> values;           // of settings
    connect::Declarations declarations;  // projects and clusters
    std::vector<std::filesystem::path> credential_programs;
    std::vector<identity::DeclaredIssuer> issuers;
};

// Reads a configuration file of at most 1 MiB. `is_setting` tells which keys are settings.
// kInvalidParameter, with the file, the line and the key, if it cannot be read, is no YAML, or has
// a key that is none, or a value that cannot be one. What is wrong with a project or a cluster is a
// fault among the declarations. No message shows more of the file than keys: it is perhaps none of
// ours.
base::Result<ConfigFile> read_config_file(const std::filesystem::path& file,
                                          bool (*is_setting)(std::string_view name));

}  // namespace snapgate::app

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
    // Keys that are none, and values that cannot be one, each with the file, the line and the key.
    std::vector<base::Error> faults;
};

// Reads a configuration file of at most 1 MiB. `settings`: which keys are settings.
// kInvalidParameter if it cannot be read or is no YAML. What is wrong with a project or a cluster
// is a fault among the declarations. No message shows more of the file than keys: it is perhaps
// none of ours.
base::Result<ConfigFile> read_config_file(const std::filesystem::path& file,
                                          const std::vector<std::string>& settings);

}  // namespace snapgate::app

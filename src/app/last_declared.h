#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "connect/declarations.h"

namespace snapgate::app {

// What the configuration file declared when a server last took it in, kept in the data directory:
// the registry does not tell which projects and hosted clusters are declared, nor by which
// connection a cluster is followed. So a start, SIGHUP and --check-config can tell what is declared
// no more or otherwise. Kept in a file and not as a mark in the registry, because each replica has
// a configuration file of its own. It holds no secrets.
struct LastDeclared {
    std::map<std::string, std::string> projects;     // uid -> name
    std::map<std::string, std::string> hosted;       // uid -> name, of hosted clusters
    std::map<std::string, std::string> connections;  // uid -> connection_text()

    bool operator==(const LastDeclared&) const = default;
};

// By which connection the cluster is followed, without what the kubeconfig says.
std::string connection_text(const connect::DeclaredCluster& declared);

// Nothing, if nothing was kept, or it cannot be read.
LastDeclared read_last_declared(const std::filesystem::path& data_dir);
base::Result<void> keep_last_declared(const std::filesystem::path& data_dir,
                                      const LastDeclared& declared);

}  // namespace snapgate::app

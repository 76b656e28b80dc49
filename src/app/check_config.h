#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "access/projects.h"
#include "app/settings.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "json/value.h"

namespace snapgate::app {

// The projects and clusters that a server has.
struct KnownRegistry {
    access::ProjectTable::Rows projects;
    cluster::ClusterTable::Rows clusters;
};

// Reads it from a running server's answers: the items of /admin/v1/projects and /admin/v1/clusters.
base::Result<KnownRegistry> read_registry(const std::vector<json::Object>& projects,
                                          const std::vector<json::Object>& clusters);

// Reads the registry of a server that is down; that of a new server if there is no data directory.
// kUnavailable if a server runs there, or if its data is of an earlier version and would have to be
// migrated.
base::Result<KnownRegistry> registry_of_stopped(const std::filesystem::path& data_dir);

// What a server would do with its settings.
struct ConfigReport {
    std::vector<std::string> changes;  // of the registry, a line each
    // What would not work: parts of the file, and kubeconfigs, certificates and keys that cannot be
    // used.
    std::vector<std::string> faults;
    size_t projects = 0;  // declared
    size_t clusters = 0;
};

// Reads the files that the settings name; makes nothing and connects to nothing. `registry` is null
// if it is not known.
ConfigReport check_config(const Settings& settings, const KnownRegistry* registry);

}  // namespace snapgate::app

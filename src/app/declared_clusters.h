#pragma once

#include "app/data_directory.h"
#include "app/settings.h"
#include "base/result.h"
#include "connect/connection_sources.h"

namespace snapgate::app {

// Makes the clusters of the configuration file that the registry does not have yet, and returns the
// sources of their connections. Their credentials are not stored. A kubeconfig that cannot be read,
// or that is refused, shows in the state of that cluster: the cluster is made all the same, and the
// kubeconfig is read again later. kInvalidParameter for a project that does not exist, kConflict
// for a cluster that exists and was not made by the configuration file.
// `rules`: the addresses that they may be connected to.
base::Result<connect::DeclaredSources> declare_clusters(
    const Settings& settings, DataDirectory& data,
    const std::shared_ptr<const net::AddressRules>& rules);

}  // namespace snapgate::app

#pragma once

#include "app/data_directory.h"
#include "app/settings.h"
#include "base/result.h"
#include "connect/connection_sources.h"

namespace snapgate::app {

// Makes the clusters of the configuration file in the registry where they are missing, and returns
// where their connections come from. Their credentials are not stored. A kubeconfig that cannot be
// read, or is not taken, is the state of that cluster: it is made all the same, and read again
// later. kInvalidParameter for a project that there is not, kConflict for a cluster that is there
// already and was made otherwise.
base::Result<connect::DeclaredSources> declare_clusters(const Settings& settings,
                                                        DataDirectory& data);

}  // namespace snapgate::app

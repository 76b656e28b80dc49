#pragma once

#include "app/data_directory.h"
#include "app/settings.h"
#include "base/result.h"
#include "cluster/connection_sources.h"

namespace snapgate::app {

// Makes the clusters of the configuration file in the registry where they are missing, and returns
// where their connections come from. Their credentials are not stored. kInvalidParameter for a
// kubeconfig that cannot be read or is not taken (what it names is read later, and may be missing
// for a while), kConflict for a cluster that is there already and was made otherwise.
base::Result<cluster::DeclaredSources> declare_clusters(const Settings& settings,
                                                        DataDirectory& data);

}  // namespace snapgate::app

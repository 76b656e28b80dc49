#pragma once

#include "api/call.h"

namespace snapgate::api::palette {

// The published operations of Palette that are served; one file each.

// GET /v1/spectroclusters/{uid}/vms/snapshot (v1ClusterVMSnapshotsList)
net::Awaitable<base::Result<void>> list_snapshots(Call& call);
// GET /v1/dashboard/spectroclusters/vms (V1DashboardVMEnabledClustersList)
net::Awaitable<base::Result<void>> list_clusters(Call& call);
// GET /v1/dashboard/projects/metadata?name= (v1ProjectsMetadata)
net::Awaitable<base::Result<void>> list_projects(Call& call);

}  // namespace snapgate::api::palette

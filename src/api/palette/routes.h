#pragma once

#include "api/call.h"

namespace snapgate::api::palette {

// The published operations of Palette that are served; one file each.

// GET /v1/spectroclusters/{uid}/vms/snapshot (v1ClusterVMSnapshotsList)
net::Awaitable<base::Result<void>> list_snapshots(Call& call);
// GET /v1/spectroclusters/{uid}/vms/sources: what is known of each cluster, and since when. It and
// the list take "-" for all clusters, as the next two.
net::Awaitable<base::Result<void>> list_sources(Call& call);
// GET /v1/spectroclusters/{uid}/vms/summary: numbers of snapshots by state, cluster, day and cause
net::Awaitable<base::Result<void>> summarize(Call& call);
// GET /v1/spectroclusters/{uid}/vms/protection: how well each VM is protected by its snapshots
net::Awaitable<base::Result<void>> report_protection(Call& call);
// GET /v1/dashboard/spectroclusters/vms (V1DashboardVMEnabledClustersList)
net::Awaitable<base::Result<void>> list_clusters(Call& call);
// GET /v1/dashboard/projects/metadata?name= (v1ProjectsMetadata)
net::Awaitable<base::Result<void>> list_projects(Call& call);

// POST /v1/spectroclusters/{uid}/vms/{vmName}/snapshot (v1VMSnapshotCreate)
net::Awaitable<base::Result<void>> create_snapshot(Call& call);
// GET, PUT, DELETE /v1/spectroclusters/{uid}/vms/{vmName}/snapshot/{snapshotName}
net::Awaitable<base::Result<void>> get_snapshot(Call& call);
net::Awaitable<base::Result<void>> update_snapshot(Call& call);
net::Awaitable<base::Result<void>> delete_snapshot(Call& call);

}  // namespace snapgate::api::palette

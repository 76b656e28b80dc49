#pragma once

#include "api/call.h"

namespace snapgate::api::admin {

// /admin/v1: the registry of projects, clusters and keys, and the import. One file a resource.

net::Awaitable<base::Result<void>> list_projects(Call& call);
net::Awaitable<base::Result<void>> get_project(Call& call);
net::Awaitable<base::Result<void>> create_project(Call& call);
net::Awaitable<base::Result<void>> delete_project(Call& call);
// PUT /admin/v1/projects/{uid}/quota: how much the project may have.
net::Awaitable<base::Result<void>> set_quota(Call& call);

net::Awaitable<base::Result<void>> list_clusters(Call& call);
net::Awaitable<base::Result<void>> get_cluster(Call& call);
net::Awaitable<base::Result<void>> create_cluster(Call& call);
net::Awaitable<base::Result<void>> delete_cluster(Call& call);

// PUT /admin/v1/clusters/{uid}/kubeconfig: another connection for a connected cluster.
net::Awaitable<base::Result<void>> set_kubeconfig(Call& call);
// PUT /admin/v1/clusters/{uid}/imports: how often a hosted cluster is imported into.
net::Awaitable<base::Result<void>> expect_imports(Call& call);
// POST /admin/v1/clusters/{uid}/check: looks whether the connection is good.
net::Awaitable<base::Result<void>> check_cluster(Call& call);

// POST /admin/v1/clusters/{uid}/import: takes a dump of any length as a stream.
net::Awaitable<base::Result<void>> import_objects(Call& call);

// GET /admin/v1/backup: a backup of the whole server, as a stream.
net::Awaitable<base::Result<void>> back_up(Call& call);

// GET /admin/v1/replicas: the servers that share this one's truth.
net::Awaitable<base::Result<void>> list_replicas(Call& call);

// GET /admin/v1/whoami: the key of the request itself, which any key may see.
net::Awaitable<base::Result<void>> who_am_i(Call& call);
net::Awaitable<base::Result<void>> list_keys(Call& call);
net::Awaitable<base::Result<void>> get_key(Call& call);
net::Awaitable<base::Result<void>> create_key(Call& call);
net::Awaitable<base::Result<void>> delete_key(Call& call);

}  // namespace snapgate::api::admin

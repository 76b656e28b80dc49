#pragma once

#include "api/kube/call.h"

namespace snapgate::api::kube {

// The operations of a cluster's Kubernetes API; one file each. What they return as an Error becomes
// a Status.

// GET on one object (and its /status).
net::Awaitable<base::Result<void>> get_object(KubeCall& call);

// GET on a collection.
net::Awaitable<base::Result<void>> list_objects(KubeCall& call);

// GET with ?watch on a collection: its changes as they come, until the client or the time ends it.
net::Awaitable<base::Result<void>> watch_objects(KubeCall& call);
// POST on a collection, PUT and PATCH on an object (and its /status).
net::Awaitable<base::Result<void>> create_object(KubeCall& call);
net::Awaitable<base::Result<void>> update_object(KubeCall& call);
net::Awaitable<base::Result<void>> patch_object(KubeCall& call);
// DELETE on an object, and on a collection.
net::Awaitable<base::Result<void>> delete_object(KubeCall& call);
net::Awaitable<base::Result<void>> delete_collection(KubeCall& call);

// Discovery: what is served. Documents of a group, version or path that is not there are 404.
net::Awaitable<base::Result<void>> get_health(KubeCall& call);
net::Awaitable<base::Result<void>> get_version(KubeCall& call);
net::Awaitable<base::Result<void>> get_api(KubeCall& call);
net::Awaitable<base::Result<void>> get_groups(KubeCall& call);
net::Awaitable<base::Result<void>> get_group(KubeCall& call);
net::Awaitable<base::Result<void>> get_resources(KubeCall& call);
net::Awaitable<base::Result<void>> get_openapi_v2(KubeCall& call);
net::Awaitable<base::Result<void>> get_openapi_index(KubeCall& call);
net::Awaitable<base::Result<void>> get_openapi(KubeCall& call);

// POST of a SelfSubjectAccessReview: whether the key may do something.
net::Awaitable<base::Result<void>> review_access(KubeCall& call);

}  // namespace snapgate::api::kube

#pragma once

#include "api/call.h"

namespace snapgate::api::kube {

// The operations of a cluster's Kubernetes API; one file each. What they return as an Error becomes
// a Status.

// GET on one object (and its /status).
net::Awaitable<base::Result<void>> get_object(Call& call);

// GET on a collection.
net::Awaitable<base::Result<void>> list_objects(Call& call);
// The same for all clusters that the call may see.
net::Awaitable<base::Result<void>> list_fleet_objects(Call& call);

// GET with ?watch on a collection: its changes as they come, until the client or the time ends it.
net::Awaitable<base::Result<void>> watch_objects(Call& call);
// POST on a collection, PUT and PATCH on an object (and its /status).
net::Awaitable<base::Result<void>> create_object(Call& call);
net::Awaitable<base::Result<void>> update_object(Call& call);
net::Awaitable<base::Result<void>> patch_object(Call& call);
// DELETE on an object, and on a collection.
net::Awaitable<base::Result<void>> delete_object(Call& call);
net::Awaitable<base::Result<void>> delete_collection(Call& call);

// Discovery: what is served. Documents of a group, version or path that is not there are 404.
net::Awaitable<base::Result<void>> get_health(Call& call);
net::Awaitable<base::Result<void>> get_version(Call& call);
net::Awaitable<base::Result<void>> get_api(Call& call);
net::Awaitable<base::Result<void>> get_groups(Call& call);
net::Awaitable<base::Result<void>> get_group(Call& call);
net::Awaitable<base::Result<void>> get_resources(Call& call);
net::Awaitable<base::Result<void>> get_openapi_v2(Call& call);
net::Awaitable<base::Result<void>> get_openapi_index(Call& call);
net::Awaitable<base::Result<void>> get_openapi(Call& call);

// POST of a SelfSubjectAccessReview: whether the key may do something.
net::Awaitable<base::Result<void>> review_access(Call& call);
// POST of a SelfSubjectRulesReview: all that the key may do.
net::Awaitable<base::Result<void>> review_rules(Call& call);
// POST of a SelfSubjectReview: who the caller is.
net::Awaitable<base::Result<void>> review_self(Call& call);

// GET of the events of a namespace, or of all: there are none. Clients ask for those of an object
// that they describe, and take an error for a fault.
net::Awaitable<base::Result<void>> list_events(Call& call);

}  // namespace snapgate::api::kube

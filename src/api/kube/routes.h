#pragma once

#include "api/call.h"
#include "api/services.h"

namespace snapgate::api::kube {

// Answers a request to /clusters/{uid}/…: a cluster as a Kubernetes API server. Errors are
// Statuses. Keys come as `Authorization: Bearer`; there is no anonymous user.
net::Awaitable<void> handle(const Services& services, net::Request& request,
                            net::Response& response);

// The operations; one file each. What they return as an Error becomes a Status.
using Operation = net::Awaitable<base::Result<void>> (*)(Call&);

}  // namespace snapgate::api::kube

#pragma once

#include "api/router.h"

namespace snapgate::api::kube {

// Requests to /clusters/{uid}/…: a cluster as a Kubernetes API server. Errors are Statuses. Keys
// come as `Authorization: Bearer`; there is no anonymous user.
const Face& face();

}  // namespace snapgate::api::kube

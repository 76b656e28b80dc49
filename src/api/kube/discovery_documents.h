#pragma once

#include <string>
#include <string_view>

#include "api/kube/served.h"

namespace snapgate::api::kube {

// What a cluster, or a fleet, says about the API it serves, as JSON. Each is made once; any thread.

// GET /apis and /apis/{group}; empty for a group that is not served.
const std::string& group_list();
std::string_view group_document(std::string_view group);
// GET /api/v1 and /apis/{group}/{version}; empty for one that is not served.
std::string_view resource_list(ApiOf api, std::string_view group, std::string_view version);
// Aggregated discovery (apidiscovery.k8s.io) of /api, or of /apis, in `version` v2 or v2beta1.
const std::string& aggregated_discovery(ApiOf api, bool core, bool v2);
// GET /version.
const std::string& version_document();

}  // namespace snapgate::api::kube

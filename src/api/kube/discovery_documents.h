#pragma once

#include <string>
#include <string_view>

namespace snapgate::api::kube {

// What a cluster says about the API it serves, as JSON. Each is made once; any thread.

// GET /apis and /apis/{group}; empty for a group that is not served.
const std::string& group_list();
std::string_view group_document(std::string_view group);
// GET /api/v1 and /apis/{group}/{version}; empty for one that is not served.
std::string_view resource_list(std::string_view group, std::string_view version);
// Aggregated discovery (apidiscovery.k8s.io) of /api, or of /apis, in `version` v2 or v2beta1.
const std::string& aggregated_discovery(bool core, bool v2);
// GET /version.
const std::string& version_document();

// OpenAPI v3: the document of a path below /openapi/v3/ (as "api/v1"); empty if there is none.
std::string_view openapi_document(std::string_view path);
// The index, for a cluster whose API is at `prefix` ("/clusters/demo").
std::string openapi_index(std::string_view prefix);

// OpenAPI v2: the one document of all that is served, made from those of v3.
const std::string& openapi_v2_json();
// The same as the protobuf message of gnostic.
const std::string& openapi_v2_protobuf();

}  // namespace snapgate::api::kube

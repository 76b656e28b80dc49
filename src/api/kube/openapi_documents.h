#pragma once

#include <string>
#include <string_view>

#include "api/kube/served.h"

namespace snapgate::api::kube {

// The OpenAPI documents of a cluster, or of a fleet. Each is made once; any thread.

// OpenAPI v3: the document of a path below /openapi/v3/ (as "api/v1"); empty if there is none.
std::string_view openapi_document(ApiOf api, std::string_view path);
// The index, of an API that is at `prefix` ("/clusters/demo").
std::string openapi_index(ApiOf api, std::string_view prefix);

// OpenAPI v2: the one document of all that is served, made from those of v3.
const std::string& openapi_v2_json(ApiOf api);
// The same as the protobuf message of gnostic.
const std::string& openapi_v2_protobuf(ApiOf api);

}  // namespace snapgate::api::kube

#pragma once

#include <string>

#include "api/call.h"
#include "base/result.h"

namespace snapgate::api {

// The OpenAPI document of all operations but those of a cluster's Kubernetes API, as JSON:
// ../docs/openapi.yaml with the server's version. Any thread.
const std::string& openapi_document();

net::Awaitable<base::Result<void>> get_openapi(Call& call);

}  // namespace snapgate::api

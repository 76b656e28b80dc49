#pragma once

#include <string>

#include "json/value.h"

namespace snapgate::api::kube {

// A document of OpenAPI v2 as the message openapi.v2.Document of gnostic, which kubectl asks for
// and nothing else. For what convert_to_v2 makes: asserts that nothing of the document is left out,
// and throws what Boost.JSON throws where a part has another shape.
std::string openapi_v2_message(const json::Object& document);

}  // namespace snapgate::api::kube

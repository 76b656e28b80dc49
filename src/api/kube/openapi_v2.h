#pragma once

#include <span>

#include "json/value.h"

namespace snapgate::api::kube {

// Documents of OpenAPI v3 as the one of OpenAPI v2 ("swagger") that says the same of all of them,
// as kube-apiserver makes its own from the same types: what v2 has no words for (nullable, anyOf,
// oneOf, not) is left out, and so are defaults, which kube-apiserver prunes. Where several of them
// define the same schema, the first counts. For the documents in openapi/: throws what Boost.JSON
// throws where a part has another shape.
json::Object convert_to_v2(std::span<const json::Object> documents, const json::Object& info);

}  // namespace snapgate::api::kube

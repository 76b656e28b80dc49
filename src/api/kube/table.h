#pragma once

#include <cstdint>
#include <string>

#include "api/kube/forms.h"
#include "json/object_view.h"

namespace snapgate::api::kube {

// Appends an object's row of a Table: its cells, and as much of it as `form` includes. The ages of
// times are those at `now_ms`.
base::Result<void> append_row(const Form& form, json::ObjectView& object, int64_t now_ms,
                              std::string& out);

// Appends an object's PartialObjectMetadata.
base::Result<void> append_partial_metadata(const Form& form, json::ObjectView& object,
                                           std::string& out);

}  // namespace snapgate::api::kube

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/object.h"

namespace snapgate::api::palette {

// Appends a snapshot as a list of a fleet has it: in Palette's form or in Kubernetes' own, with the
// name of its cluster in metadata.clusterName. One line. kCorrupt.
base::Result<void> append_item(const model::StoredObject& object, std::string_view cluster,
                               bool kubernetes_form, std::string& out);

}  // namespace snapgate::api::palette

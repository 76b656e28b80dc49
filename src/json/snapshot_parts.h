#pragma once

#include <simdjson.h>

#include "facts/snapshot_parts.h"

namespace snapgate::json {

// Reads the parts of a VirtualMachineSnapshot that its facts are derived from: views into the
// parsed object. What has another type than it should have is left empty; of a key given twice the
// last one counts; of a list at most the first 64 elements do.
void read_parts(const simdjson::dom::element& snapshot, facts::SnapshotParts& parts);

}  // namespace snapgate::json

#pragma once

#include "json/value.h"

namespace snapgate::rules {

// Whether both say the same if members that are null count as absent, as they do in an object from
// the Palette side. Null pointers are absent, too.
bool same_but_nulls(const json::Value* a, const json::Value* b);

// Whether two states of an object say the same but for their resource versions, their API versions
// and the times of managedFields: what would not be worth a new version. Nulls count in the status
// alone.
bool same_but_times(const json::Object& a, const json::Object& b);

}  // namespace snapgate::rules

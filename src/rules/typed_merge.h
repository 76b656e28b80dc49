#pragma once

#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// Merges a partly specified object, which its schema allows (typed_faults.h), into one that is
// there (structured-merge-diff's Merge): objects field by field, sets and lists by uid element by
// element, everything else as a whole. Nothing is removed. The elements of a merged list that
// `applied` has come in its order, and the others among them in the order that they had.
void merge_typed(json::Object& object, const json::Object& applied, const model::Schema& schema);

}  // namespace snapgate::rules

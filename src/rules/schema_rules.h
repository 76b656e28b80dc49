#pragma once

#include "json/value.h"
#include "model/schema.h"
#include "rules/faults.h"

namespace snapgate::rules {

// Adds what of an object breaks its schema, in the words of kube-apiserver's validation of custom
// resources. `metadata` is left to metadata_rules.h.
void check_schema(const json::Object& object, const model::Schema& schema, Faults& faults);

// Adds elements that a list which is a set has twice.
void check_sets(const json::Object& object, const model::Schema& schema, Faults& faults);

}  // namespace snapgate::rules

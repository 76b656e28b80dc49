#pragma once

#include "json/value.h"
#include "model/schema.h"
#include "rules/faults.h"

namespace snapgate::rules {

// Adds a fault for each part of the object that breaks its schema, in the words of kube-apiserver's
// validation of custom resources. metadata_rules.h checks `metadata`.
void check_schema(const json::Object& object, const model::Schema& schema, Faults& faults);

// Adds a fault for each element that occurs twice in a list that is a set.
void check_sets(const json::Object& object, const model::Schema& schema, Faults& faults);

}  // namespace snapgate::rules

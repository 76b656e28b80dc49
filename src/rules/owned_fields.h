#pragma once

#include "json/value.h"
#include "model/schema.h"
#include "rules/field_set.h"

namespace snapgate::rules {

// The fields that an object has by its schema, as the set that an applier of it owns
// (structured-merge-diff's ToFieldSet): leaves, elements of lists and keys of maps. An object or
// list that the schema names is not among them unless it is atomic, null, or an empty object.
// Fields that the schema does not have are left out.
FieldSet owned_fields(const json::Object& object, const model::Schema& schema);

// Removes the members and elements that the set names from an object (structured-merge-diff's
// RemoveItems). An object or list below it that has lost all of its parts becomes null. Fields that
// the schema does not have stay.
void remove_fields(json::Object& object, const FieldSet& fields, const model::Schema& schema);

}  // namespace snapgate::rules

#pragma once

#include "json/value.h"
#include "model/schema.h"
#include "rules/field_set.h"

namespace snapgate::rules {

// The fields that differ between two states of an object, by its schema (structured-merge-diff's
// Compare). A list that is a set is compared element by element, an atomic value as a whole.
// managedFields, and fields that the schema does not have, are left out.
struct FieldChanges {
    FieldSet added;
    FieldSet modified;
    FieldSet removed;
};

FieldChanges field_changes(const json::Object& before, const json::Object& after,
                           const model::Schema& schema);

}  // namespace snapgate::rules

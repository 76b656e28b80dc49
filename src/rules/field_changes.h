#pragma once

#include "json/value.h"
#include "model/schema.h"
#include "rules/field_set.h"

namespace snapgate::rules {

// What of an object changed between two states, by its schema (structured-merge-diff's Compare):
// a list that is a set by its elements, what is atomic as a whole. managedFields are left out, and
// so are fields that the schema does not have.
struct FieldChanges {
    FieldSet added;
    FieldSet modified;
    FieldSet removed;
};

FieldChanges field_changes(const json::Object& before, const json::Object& after,
                           const model::Schema& schema);

}  // namespace snapgate::rules

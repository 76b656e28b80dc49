#pragma once

#include <string>

#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// What of an applied configuration its schema does not allow, in the words of
// structured-merge-diff's Validate: values of another type, fields that it does not have, elements
// of a list that cannot be told from each other. Nulls are allowed. "" if there is nothing; of a
// great many faults the first ones.
std::string typed_faults(const json::Object& object, const model::Schema& schema);

}  // namespace snapgate::rules

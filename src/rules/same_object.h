#pragma once

#include "json/value.h"

namespace snapgate::rules {

// Whether two values are equal if null members count as absent, as in an object from the Palette
// side. A null pointer is an absent value, too.
bool same_but_nulls(const json::Value* a, const json::Value* b);

// Whether two states of an object differ at most in resource version, API version and times of
// managedFields. Such a difference is not worth a new version. Nulls count only in the status.
bool same_but_times(const json::Object& a, const json::Object& b);

}  // namespace snapgate::rules

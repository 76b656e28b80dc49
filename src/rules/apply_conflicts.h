#pragma once

#include <vector>

#include "base/error.h"
#include "rules/managed_fields.h"

namespace snapgate::rules {

// 409 for an apply that would take fields from other managers: an entry for each of them with the
// fields that it would take, in the order in which they are shown. There is a cause for each field.
base::Error apply_conflict(const std::vector<ManagedEntry>& conflicts);

}  // namespace snapgate::rules

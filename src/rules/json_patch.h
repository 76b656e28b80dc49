#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::rules {

// JSON Patch (RFC 6902). Libraries with it use their own type of values, and bound neither the size
// that copies add up to nor the depth that moves reach. So this is a small one for our values.

constexpr size_t kMostPatchOperations = 10000;

// Applies the operations in order to `document`, which is unusable after a failure. kInvalid: an
// operation does not fit, or would nest the document deeper than 64 levels; kTooLarge: too many
// operations, or copies or work beyond a bound. kInvalidBody, before anything is changed, if
// `operations` is not a list of operations.
base::Result<void> apply_json_patch(const json::Array& operations, json::Value& document);

// The fields of the operations that RFC 6902 does not define, as messages: "json patch unknown
// field \"[0].x\"".
std::vector<std::string> unknown_operation_fields(const json::Array& operations);

}  // namespace snapgate::rules

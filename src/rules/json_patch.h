#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::rules {

// JSON Patch (RFC 6902). The libraries that have it work on values of their own, and bound neither
// what copies add up to nor how deep moves nest; so this is a small one over ours.

constexpr size_t kMostPatchOperations = 10000;

// Applies the operations in order to `document`, which is broken if one fails: kInvalid (it does
// not fit; or it would nest the document deeper than 64 levels) or kTooLarge (too many operations,
// or copies or work beyond a bound). kInvalidBody, before anything is changed, for what is no list
// of operations.
base::Result<void> apply_json_patch(const json::Array& operations, json::Value& document);

// Fields of operations that RFC 6902 does not have: "json patch unknown field \"[0].x\"".
std::vector<std::string> unknown_operation_fields(const json::Array& operations);

}  // namespace snapgate::rules

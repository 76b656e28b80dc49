#pragma once

#include "json/value.h"

namespace snapgate::rules {

// JSON Merge Patch (RFC 7396). Neither value may be nested deeper than 64 levels.
void apply_merge_patch(json::Value& target, const json::Value& patch);

}  // namespace snapgate::rules

#pragma once

#include <string_view>

#include "base/result.h"
#include "rules/object_rules.h"

namespace snapgate::rules {

enum class Media { kJson, kYaml };

// Decodes a request's body that is to be an object of `kind` (VirtualMachineSnapshot or Namespace):
// of a key given twice the last counts, and it is noted. kInvalidBody in kube-apiserver's words if
// it is no object or has no apiVersion or kind.
base::Result<Body> decode_object(std::string_view text, Media media, std::string_view kind);

// Decodes the body of a server-side apply, in YAML or JSON; its type is checked by apply().
// kInvalidBody if it is no object.
base::Result<Body> decode_applied(std::string_view text);

enum class PatchType { kJson, kMerge };

// `live` (in the version of the request's API) with the patch applied, for update() with
// Writer::patch. kInvalidBody for what is no patch, kInvalid for one that does not fit (as
// kube-apiserver, it says no more than that), kTooLarge above 10,000 operations.
base::Result<Body> patched_body(const json::Object& live, PatchType type, std::string_view patch);

}  // namespace snapgate::rules

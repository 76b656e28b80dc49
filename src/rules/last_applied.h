#pragma once

#include <string_view>
#include <vector>

#include "json/value.h"
#include "model/schema.h"
#include "rules/managed_fields.h"

namespace snapgate::rules {

// The way from kubectl's client-side apply to server-side apply, as kube-apiserver goes it for the
// manager "kubectl" alone. Client-side apply keeps what it applied in an annotation.
inline constexpr std::string_view kKubectl = "kubectl";

// Removes the conflicts about fields that client-side apply set and nobody changed since: the same
// user applies them now. `api_version` is that of the request; what was applied in another version
// allows nothing.
void drop_own_conflicts(std::vector<ManagedEntry>& conflicts, const json::Object& live,
                        std::string_view api_version, const model::Schema& schema);

// If an object has that annotation, brings it up to date with what was applied; an annotation that
// would be too large is removed. True if the object has it, or had.
bool renew_last_applied(json::Object& object, const json::Object& applied);

}  // namespace snapgate::rules

#pragma once

#include <optional>

#include "access/apply_set.h"
#include "api/call.h"

namespace snapgate::api::admin {

// The set of a new project or cluster: the member `applySet` of the body. kInvalidBody.
base::Result<access::ApplySet> set_of_new(const Call& call, const json::Object& body);

// The parameter `applySet`: only what this set of the caller made is meant. nullopt without it.
// kInvalidParameter.
base::Result<std::optional<access::ApplySet>> asked_set(const Call& call);

// kConflict if `set` is not the one that is asked for.
base::Result<void> require_set(const std::optional<access::ApplySet>& asked,
                               const access::ApplySet& set);

}  // namespace snapgate::api::admin

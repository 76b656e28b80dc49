#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// The most unknown fields whose paths are kept.
constexpr size_t kMostUnknown = 100;

// Removes the members of an object at `path` that its schema does not have, and adds their paths to
// `unknown`, except those that `silent` names. Unknown members that `live` has (from an import of a
// newer KubeVirt's object) keep their value in `live`, and are no fault if the request has them
// unchanged.
void settle_unknown(json::Object& object, const model::Schema& schema, const json::Object* live,
                    std::string_view path, std::vector<std::string>& unknown,
                    bool (*silent)(std::string_view path) = nullptr);

// Prunes an object the way kube-apiserver prunes a custom resource: removes fields that the schema
// does not have (like settle_unknown, at every level), and nulls where the schema allows none. If
// `live` has an equal element at the same place of a list, the element stays unchanged. `metadata`
// is left alone. The paths are sorted.
void prune(json::Object& object, const model::Schema& schema, const json::Object* live,
           std::vector<std::string>& unknown);

}  // namespace snapgate::rules

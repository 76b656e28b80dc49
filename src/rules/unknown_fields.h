#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// Of more unknown fields than this no path is kept.
constexpr size_t kMostUnknown = 100;

// Removes the members of an object at `path` that its schema does not have, and adds their paths to
// `unknown`, but for those that `silent` names. Members of that kind which `live` has (a newer
// KubeVirt's, kept from an import) stay as they are there, and are no fault if they came unchanged.
void settle_unknown(json::Object& object, const model::Schema& schema, const json::Object* live,
                    std::string_view path, std::vector<std::string>& unknown,
                    bool (*silent)(std::string_view path) = nullptr);

// Prunes an object the way kube-apiserver prunes a custom resource: fields that the schema does not
// have go (as settle_unknown does it, everywhere in it), and so do nulls where it allows none. An
// element of a list that `live` has at the same place stays as it is. `metadata` is left alone. The
// paths come sorted.
void prune(json::Object& object, const model::Schema& schema, const json::Object* live,
           std::vector<std::string>& unknown);

}  // namespace snapgate::rules

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::rules {

// What Go's encoding/json calls the type of a value: "number", "object".
std::string_view json_type(const json::Value& value);

// Brings the metadata of a request's body into the form of meta/v1's ObjectMeta, as kube-apiserver
// does for a custom resource: what is null or empty goes, and so do fields that ObjectMeta does not
// have. Their paths are added to `unknown`, but for clusterName and selfLink, which older clients
// send. What `live` has of unknown fields (a newer KubeVirt's, kept from an import) stays as it is
// there, in an owner of the same uid, too. kInvalidBody for a field of the wrong type, in the words
// of Go's encoding/json. managedFields is left to managed_fields.h, even if it is empty.
base::Result<void> settle_metadata(json::Object& object, const json::Object* live,
                                   std::vector<std::string>& unknown);

}  // namespace snapgate::rules

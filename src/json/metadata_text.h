#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::json {

// An object's metadata as a text, to compare two states of the object. It does not matter whether
// the object is stored, came from its cluster, or is its PartialObjectMetadata: the text has the
// members that a kube-apiserver shows in all of them (ObjectMeta of k8s.io/apimachinery's meta/v1),
// with sorted keys. It lacks members that are null or empty, and the identity (namespace, name,
// uid, resourceVersion). It also lacks fieldsV1, which is long and follows from the rest of its
// managedFields entry: each write leaves its time there. Any thread. kInvalidBody if there is no
// metadata, or it is nested too deep.
base::Result<std::string> metadata_text(std::string_view object);

}  // namespace snapgate::json

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::json {

// An object's metadata as a text by which two states of it are compared, whether the object is
// stored, came from its cluster, or is the PartialObjectMetadata of it: what a kube-apiserver shows
// in all of them (ObjectMeta of k8s.io/apimachinery's meta/v1) with sorted keys, without what is
// null or empty, and without who it is (namespace, name, uid, resourceVersion). Without fieldsV1
// too, which is long and follows from the rest of its managedFields entry: each write leaves its
// time there. Any thread. kInvalidBody where there is no metadata, or it is nested too deep.
base::Result<std::string> metadata_text(std::string_view object);

}  // namespace snapgate::json

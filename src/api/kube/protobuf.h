#pragma once

#include <string_view>

#include "base/result.h"
#include "json/api_version.h"
#include "json/value.h"

namespace snapgate::api::kube {

inline constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

// Reads a body in Kubernetes' protobuf envelope ("k8s", a zero byte, runtime.Unknown) as the JSON
// that says the same. kubectl sends what it creates of Kubernetes' own kinds so, and does not try
// again in JSON. Kinds: Namespace, the reviews of the caller, DeleteOptions; of their fields
// those that a request may set. Unknown fields are passed over, as protobuf wants; empty texts are
// as good as absent. kInvalidBody for anything that is cut off, or of another kind.
base::Result<json::Object> read_protobuf(std::string_view body);

// The type that such an envelope names; what is in it may be of any kind. kInvalidBody.
base::Result<json::TypeMeta> read_protobuf_type(std::string_view body);

}  // namespace snapgate::api::kube

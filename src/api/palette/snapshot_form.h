#pragma once

#include <string_view>

#include "api/call.h"
#include "base/result.h"
#include "model/object.h"
#include "net/http/http.h"

namespace snapgate::api::palette {

// The published operations give snapshots in Palette's form: without nulls, `fieldsV1` as
// {"Raw":["<base64>"]}. A caller that accepts application/vnd.snapgate.kubernetes+json by name gets
// the same answer with each object as the cluster's Kubernetes API gives it, so that kubectl takes
// it. Every other Accept is answered in Palette's form: the clients of that API send all sorts.
inline constexpr std::string_view kKubernetesSubtype = "vnd.snapgate.kubernetes+json";

bool wants_kubernetes_form(const net::Request& request);

// Answers with one object in the form that was agreed on. kCorrupt.
base::Result<void> respond_object(Call& call, const model::StoredObject& object);

}  // namespace snapgate::api::palette

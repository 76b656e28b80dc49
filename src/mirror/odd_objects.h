#pragma once

#include <string_view>

#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"

namespace snapgate::mirror {

// Objects that a cluster serves and that cannot be kept, as their name, uid or version is missing
// or of no use, or as they are nested too deep: they are passed over and counted. Any thread.

// Whether what cannot be taken in is such an object. If not, it is no answer of a Kubernetes API
// server: broken JSON, or an object of another kind.
bool is_odd_object(std::string_view item, const cluster::ReflectedKind& kind);

// Whether an object of this name, namespace, uid and version can be kept.
bool can_be_kept(const json::ObjectHead& head);

}  // namespace snapgate::mirror

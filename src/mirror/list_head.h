#pragma once

#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"
#include "mirror/setback.h"

namespace snapgate::mirror {

// What a list was asked to hold.
enum class ListForm {
    kObjects,
    // The objects' metadata alone. A server that does not know that form sends the objects.
    kMetadata,
};

// Whether it is the head of a list of that kind, and says the list's version. A Setback if not: no
// Kubernetes API server answers so.
Outcome<void> check_list_head(const json::ListHead& head, const cluster::ReflectedKind& kind,
                              ListForm form);

}  // namespace snapgate::mirror

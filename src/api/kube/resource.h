#pragma once

#include <string>
#include <string_view>

#include "api/kube/kind_names.h"
#include "model/types.h"

namespace snapgate::api::kube {

// What of a cluster's Kubernetes API a request names, after /clusters/{uid}.
struct Resource {
    model::Kind kind = model::Kind::kSnapshot;
    bool v1alpha1 = false;
    std::string ns;    // empty: all namespaces (or a Namespace)
    std::string name;  // empty: the collection
    bool status = false;

    // snapshot.kubevirt.io; empty for core
    std::string_view group() const { return names_of(kind).group; }
    // virtualmachinesnapshots
    std::string_view plural() const { return names_of(kind).plural; }
};

}  // namespace snapgate::api::kube

#pragma once

#include <string>
#include <string_view>

#include "model/api_names.h"
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
    std::string_view group() const {
        return kind == model::Kind::kSnapshot ? model::kSnapshotGroup : std::string_view();
    }
    // virtualmachinesnapshots
    std::string_view plural() const {
        return kind == model::Kind::kSnapshot ? model::kSnapshotPlural : "namespaces";
    }
};

}  // namespace snapgate::api::kube

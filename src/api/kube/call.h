#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "api/kube/forms.h"
#include "base/query_string.h"
#include "cluster/registry.h"
#include "model/types.h"

namespace snapgate::api::kube {

// What of Kubernetes' API a request names, after /clusters/{uid}.
struct Resource {
    model::Kind kind = model::Kind::kSnapshot;
    bool v1alpha1 = false;
    std::string ns;    // empty: all namespaces (or a Namespace)
    std::string name;  // empty: the collection
    bool status = false;

    std::string_view group() const;   // snapshot.kubevirt.io; empty for core
    std::string_view plural() const;  // virtualmachinesnapshots
};

// A request to a cluster's Kubernetes API, on its way through a route.
struct KubeCall {
    Call& call;
    cluster::Cluster cluster;
    Resource resource;
    // How the answer is to look, agreed on before the operation begins: a write whose answer could
    // not be given must not happen. The default where the route answers with no object.
    Form form;
};

// The value of a query parameter; of several the first counts, as in Go; "" if it is absent.
// kInvalidParameter where base::decode_parameter refuses it.
base::Result<std::string> first_parameter(const net::Request& request, std::string_view name,
                                          base::Controls controls = base::Controls::kNone);
// All its values, in order: of the few parameters that are lists for kube-apiserver.
base::Result<std::vector<std::string>> every_parameter(const net::Request& request,
                                                       std::string_view name);
// As kube-apiserver reads booleans: "", "0" and "false" are false, everything else is true.
base::Result<bool> flag_parameter(const net::Request& request, std::string_view name);

}  // namespace snapgate::api::kube

#pragma once

#include "api/kube/resource.h"
#include "base/result.h"
#include "net/http/http.h"
#include "query/kube_list.h"

namespace snapgate::api::kube {

// What a list was asked for, from the query; resource versions of a mirror are its cluster's.
// Errors as kube-apiserver's: kInvalidParameter, and kInvalid for what does not go together
// (ValidateListOptions in k8s.io/apimachinery).
base::Result<query::KubeListRequest> read_list_options(const net::Request& request,
                                                       const Resource& resource,
                                                       bool mirrored = false);

}  // namespace snapgate::api::kube

#pragma once

#include <chrono>
#include <string>

#include "api/kube/resource.h"
#include "base/result.h"
#include "net/http/http.h"
#include "query/selector.h"

namespace snapgate::api::kube {

// What a watch asks for.
struct WatchOptions {
    query::Selector selector;
    // Changes after it; 0: after the present state.
    model::Revision from = 0;
    std::string mirror_from;  // instead of it on a mirror: one of the cluster's own
    // The present state first, as ADDED events; it must not be older than `from`.
    bool state = false;
    // A bookmark says where the state ends (sendInitialEvents=true).
    bool marks_state = false;
    bool bookmarks = false;
    std::chrono::seconds timeout{};
};

// From the query, and the name of the resource if it has one; resource versions of a mirror are its
// cluster's. Errors as kube-apiserver's: kInvalidParameter, and kInvalid for what does not go
// together (ValidateListOptions in k8s.io/apimachinery).
base::Result<WatchOptions> read_watch_options(const net::Request& request, const Resource& resource,
                                              bool mirrored);

}  // namespace snapgate::api::kube

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "audit/action.h"
#include "cluster/object_quota.h"
#include "mirror/mirrors.h"
#include "net/server/response_stream.h"
#include "objects/namespace_sweeper.h"
#include "store/store.h"

namespace snapgate::objects {

// What the writes of objects work on; what it refers to outlives them.
struct WriteContext {
    store::Store& store;
    NamespaceSweeper& namespaces;
    mirror::Mirrors& mirrors;
    // The servers that the request came by, for whatever is asked of a cluster because of it
    // (connect/passed_servers.h).
    std::string passed;
    // Returns the quota of the cluster's project; null if it has none. Called at most once for a
    // write.
    std::function<std::shared_ptr<const cluster::ObjectQuota>(const cluster::Cluster&)> quota_of;
    // What the caller does; null: no audit trail is kept.
    std::shared_ptr<audit::Action> audit;
    // Of the request: what takes long is done aside (net/server/aside.h).
    net::ResponseStream& stream;
    size_t body_bytes;
};

}  // namespace snapgate::objects

#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "json/cluster_answers.h"
#include "json/value.h"
#include "net/client/client.h"
#include "net/http/http.h"
#include "objects/hosted_writes.h"

namespace snapgate::api {

// Writes of single objects of a connected cluster: they go to the cluster itself, and its answer
// and its errors come back. When they return, the mirror shows what was written; if it does not
// within a few seconds, the write is answered all the same.

struct InCluster {
    Call& call;
    const cluster::Cluster& cluster;
    std::string ns;
    std::string name;     // empty on a create
    std::string manager;  // for managedFields
};

net::Awaitable<base::Result<objects::Written>> create_in_cluster(InCluster place,
                                                                 json::Object body);
// kNotFound where the snapshot is not that VM's.
net::Awaitable<base::Result<objects::Written>> update_in_cluster(InCluster place, std::string vm,
                                                                 json::Object body);
net::Awaitable<base::Result<void>> delete_in_cluster(InCluster place, std::string vm);

// The version of the API that the cluster serves: v1beta1 where that is not known.
std::string served_version(const Services& services, const cluster::Cluster& cluster);

// Waits for the mirror to show an object at that version, or (of "") to show it no more; a `uid` of
// "" is any.
net::Awaitable<void> wait_for_mirror(InCluster place, std::string version, std::string uid);
// The same where the answer to a write does not say what to wait for: asks the cluster.
net::Awaitable<void> wait_until_current(InCluster place);
// Waits for the mirror to show none of these any more, or only as ones that are being deleted.
net::Awaitable<void> wait_for_removal(InCluster place, std::vector<json::ObjectHead> removed);
// The same where the answer to a write does not say what it wrote: waits for the version that the
// cluster has now.
net::Awaitable<void> wait_for_newest(InCluster place);

}  // namespace snapgate::api

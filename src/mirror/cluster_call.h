#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "connect/connection_source.h"
#include "model/types.h"
#include "net/awaitable.h"
#include "net/client/client.h"
#include "net/client/request_places.h"

namespace snapgate::mirror {

// A connected cluster's answer to a request that was passed on to it.
struct ClusterAnswer : net::ClientResponse {
    // Of a request that changes something and that the cluster says it did (2xx): why the body,
    // which is empty then, did not come whole. "" if it did.
    std::string lost;
};

// Whom a request is passed on to.
struct CalledCluster {
    model::ClusterNumber number = 0;
    std::string name;     // for messages
    std::string project;  // "" if it is not known
    // Gives the source of its connection at the moment; any thread.
    std::function<std::shared_ptr<connect::ConnectionSource>()> source;
};

// As Mirrors::send(), to a cluster that is followed. `passed`: the servers that the request came
// by, this one included.
net::Awaitable<base::Result<ClusterAnswer>> call_cluster(net::RequestPlaces& places,
                                                         CalledCluster cluster,
                                                         net::ClientRequest request,
                                                         std::string passed,
                                                         std::chrono::milliseconds timeout);

}  // namespace snapgate::mirror

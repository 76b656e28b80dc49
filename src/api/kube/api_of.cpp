#include "api/kube/api_of.h"

#include "api/fleet.h"

namespace snapgate::api::kube {

ApiOf api_of(const Call& call) {
    if (is_of_all_clusters(call)) return ApiOf::kFleet;
    return call.cluster.connected() ? ApiOf::kConnectedCluster : ApiOf::kHostedCluster;
}

}  // namespace snapgate::api::kube

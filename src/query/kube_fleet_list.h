#pragma once

#include <memory>

#include "base/result.h"
#include "query/fleet_list.h"
#include "query/kube_list.h"

namespace snapgate::query {

// A list of a fleet's snapshots or restores in Kubernetes' API, by the rules of KubeList. Its
// resource version is the revision of the store that it shows, of which every cluster has a state.
// A page is as long as the request's limit, and comes in pieces.
//
// A token is bound to the namespace and the selector, too: kube-apiserver lets it go on with
// others, but the order of a fleet is that of its clusters first.
//
// Errors as FleetList::plan(); kInvalidParameter for a version beside a token; kExpired for an
// exact version that is not kept; kFutureVersion for one that the store has not reached yet.
base::Result<FleetList> plan_kube_fleet_list(const ListContext& context,
                                             const store::ReadView& view,
                                             std::shared_ptr<const Fleet> fleet,
                                             const KubeListRequest& request, facts::Seconds now);

}  // namespace snapgate::query

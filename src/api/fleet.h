#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/projects.h"
#include "base/annotations.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "net/awaitable.h"
#include "objects/fleet_freshness.h"
#include "query/fleet.h"
#include "query/fleet_index.h"
#include "query/fleet_request.h"
#include "store/store.h"

namespace snapgate::api {

struct Call;

// The clusters that a request is about.
struct VisibleFleet {
    std::shared_ptr<const query::Fleet> fleet;
    std::vector<cluster::Cluster> connected;                 // those of them that are mirrors
    std::unique_ptr<objects::FleetFreshnessMemo> freshness;  // of these, for all requests
};

// The fleets of the scopes that asked lately, so that a page does not sort a thousand clusters:
// each as long as the registry stays as it is. Any thread.
class FleetCache {
  public:
    // `facts` is told which clusters are left.
    explicit FleetCache(std::shared_ptr<query::FleetIndex> facts) : facts_(std::move(facts)) {}

    // All clusters that the scope has; or, with `uid`, that one of them, if there is one. Equal
    // pointers mean that the registry has not changed.
    std::shared_ptr<const VisibleFleet> find(
        const access::Scope& scope, const std::string& uid,
        const std::shared_ptr<const cluster::ClusterTable::Rows>& clusters,
        const std::shared_ptr<const access::ProjectTable::Rows>& projects);

  private:
    const std::shared_ptr<query::FleetIndex> facts_;
    base::Mutex mutex_;
    // The rows from which the fleets were made. They are kept, so that no other rows can get their
    // address.
    std::shared_ptr<const cluster::ClusterTable::Rows> clusters_ SNAPGATE_GUARDED_BY(mutex_);
    std::shared_ptr<const access::ProjectTable::Rows> projects_ SNAPGATE_GUARDED_BY(mutex_);
    // The fleets by their scope, and by the uid where they have one cluster alone.
    std::map<std::pair<access::Scope, std::string>, std::shared_ptr<const VisibleFleet>> fleets_
        SNAPGATE_GUARDED_BY(mutex_);
};

// The fleet that the path's first parameter names: all that the call may see, or one cluster.
// kNotFound as find_cluster().
base::Result<std::shared_ptr<const VisibleFleet>> find_fleet(const Call& call);

// Whether the call is about every cluster that it may see: the path's first parameter says so.
bool is_of_all_clusters(const Call& call);

// As check_freshness() for one cluster: how fresh the mirrors of a fleet are is told by the headers
// of the answer, for the oldest of them, and a max-age counts for each. Of all clusters, one that
// was never reached is passed over: on the Palette side the sources tell of it, on the Kubernetes
// side the Warning counts it. `clusters`: names and uids of those that count; none means all.
net::Awaitable<base::Result<void>> check_freshness(Call& call, const VisibleFleet& fleet,
                                                   const std::vector<std::string>& clusters,
                                                   model::Kind kind = model::Kind::kSnapshot);

}  // namespace snapgate::api

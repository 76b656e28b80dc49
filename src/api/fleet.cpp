#include "api/fleet.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "api/call.h"
#include "api/freshness.h"
#include "objects/freshness.h"

namespace snapgate::api {
namespace {

using base::Result;

std::shared_ptr<const VisibleFleet> make_fleet(const std::vector<const cluster::Cluster*>& seen,
                                               const access::ProjectTable::Rows& projects) {
    auto visible = std::make_shared<VisibleFleet>();
    visible->freshness = std::make_unique<objects::FleetFreshnessMemo>();
    std::vector<query::FleetCluster> clusters;
    clusters.reserve(seen.size());
    for (const cluster::Cluster* cluster : seen) {
        const auto project = projects.find(cluster->project);
        clusters.push_back({cluster->number, cluster->uid, cluster->name, cluster->project,
                            project == projects.end() ? std::string() : project->second.name,
                            cluster->connected(), cluster->others});
        if (cluster->connected()) visible->connected.push_back(*cluster);
    }
    visible->fleet = query::Fleet::make(std::move(clusters));
    return visible;
}

}  // namespace

std::shared_ptr<FleetCache> make_fleet_cache(std::shared_ptr<query::FleetIndex> facts) {
    return std::make_shared<FleetCache>(std::move(facts));
}

std::shared_ptr<const VisibleFleet> FleetCache::find(
    const std::string& project, const std::string& uid,
    const std::shared_ptr<const cluster::ClusterTable::Rows>& clusters,
    const std::shared_ptr<const access::ProjectTable::Rows>& projects) {
    base::MutexLock lock(mutex_);
    if (clusters_ != clusters || projects_ != projects) {
        std::set<model::ClusterNumber> numbers;
        for (const auto& [id, cluster] : *clusters) {
            for (const model::ClusterNumber number : cluster.numbers()) numbers.insert(number);
        }
        facts_->keep_only(numbers);
        fleets_.clear();
        clusters_ = clusters;
        projects_ = projects;
    }
    auto& fleet = fleets_[{project, uid}];
    if (fleet) return fleet;
    const access::Scope scope{project};
    std::vector<const cluster::Cluster*> seen;
    const auto see = [&](const cluster::Cluster& cluster) {
        if (scope.sees_project(cluster.project)) seen.push_back(&cluster);
    };
    if (uid.empty()) {
        for (const auto& [id, cluster] : *clusters) see(cluster);
    } else if (const auto one = clusters->find(uid); one != clusters->end()) {
        see(one->second);
    }
    fleet = make_fleet(seen, *projects);
    return fleet;
}

Result<std::shared_ptr<const VisibleFleet>> find_fleet(const Call& call) {
    const std::string& uid = call.parameters[0];
    const auto projects = call.services.projects.snapshot();
    if (uid == query::kAllClusters) {
        return call.services.fleets->find(call.scope.project, {}, call.services.clusters.snapshot(),
                                          projects);
    }
    SNAPGATE_ASSIGN(const cluster::Cluster cluster, find_cluster(call, uid));
    return make_fleet({&cluster}, *projects);
}

FleetHistory::FleetHistory(store::Store& store, const query::FleetListing& listing) {
    const store::ReadView view = store.read();
    held_.reserve(listing.clusters().size());
    for (const query::FleetCluster* cluster : listing.clusters()) {
        // What cannot be read is told when its turn comes.
        for (const model::Kind kind : listing.kinds()) {
            if (const auto at = listing.revision_of(view, *cluster, kind); at && *at)
                held_.push_back(store.hold_history(cluster->number_of(kind), **at));
        }
    }
}

net::Awaitable<Result<void>> check_freshness(Call& call, const VisibleFleet& fleet,
                                             const std::vector<std::string>& clusters) {
    constexpr model::Kind kKind = model::Kind::kSnapshot;
    if (fleet.connected.empty()) co_return Result<void>();
    if (call.parameters[0] != query::kAllClusters)
        co_return co_await check_freshness(call, fleet.connected.front(), kKind);
    const Services& services = call.services;
    const std::optional<int64_t> max_age = wanted_max_age(call.request);
    objects::FleetFreshness sum;
    if (!max_age && clusters.empty()) {
        SNAPGATE_CO_ASSIGN(sum, fleet.freshness->read(services.store, services.connections,
                                                      fleet.connected, kKind));
    } else {
        std::vector<const cluster::Cluster*> wanted;
        for (const cluster::Cluster& cluster : fleet.connected) {
            if (query::is_wanted_cluster(clusters, cluster.name, cluster.uid))
                wanted.push_back(&cluster);
        }
        SNAPGATE_CO_ASSIGN(sum, co_await objects::confirm_fleet(
                                    services.store, services.connections, wanted, kKind, max_age));
    }
    if (sum.known == 0) co_return Result<void>();
    call.freshness.emplace();
    call.freshness->stale = sum.stale > 0;
    call.freshness->age_seconds = sum.age_seconds;
    add_headers(*call.freshness, call.side, call.response);
    co_return Result<void>();
}

}  // namespace snapgate::api

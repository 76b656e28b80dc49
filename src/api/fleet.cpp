#include "api/fleet.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "api/call.h"
#include "api/freshness.h"
#include "base/count_text.h"
#include "objects/freshness.h"
#include "query/fleet_listing.h"

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

// For people, as objects::Freshness::text: of how many clusters the present state is not known.
std::string away_text(const objects::FleetFreshness& sum, size_t clusters) {
    const size_t away = sum.stale + sum.unknown;
    std::string out = fmt::format("{} of {} {} away: ", away, base::counted(clusters, "cluster"),
                                  away == 1 ? "is" : "are");
    if (sum.stale > 0) {
        out += fmt::format("{} shown as {} last known, the oldest state is of {} ago",
                           base::counted(sum.stale, "cluster") + (sum.stale == 1 ? " is" : " are"),
                           sum.stale == 1 ? "it was" : "they were",
                           base::counted(static_cast<uint64_t>(sum.stale_seconds), "second"));
    }
    if (sum.stale > 0 && sum.unknown > 0) out += "; ";
    if (sum.unknown > 0)
        out += fmt::format("nothing is known of {}", base::counted(sum.unknown, "cluster"));
    return out;
}

}  // namespace

std::shared_ptr<FleetCache> make_fleet_cache(std::shared_ptr<query::FleetIndex> facts) {
    return std::make_shared<FleetCache>(std::move(facts));
}

std::shared_ptr<const VisibleFleet> FleetCache::find(
    const access::Scope& scope, const std::string& uid,
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
    auto& fleet = fleets_[{scope, uid}];
    if (fleet) return fleet;
    std::vector<const cluster::Cluster*> seen;
    const auto see = [&](const cluster::Cluster& cluster) {
        if (scope.sees_cluster(cluster.project, cluster.number)) seen.push_back(&cluster);
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
    if (is_of_all_clusters(call)) {
        return call.services.fleets->find(call.scope, {}, call.services.clusters.snapshot(),
                                          projects);
    }
    SNAPGATE_ASSIGN(const cluster::Cluster cluster, find_cluster(call, uid));
    return make_fleet({&cluster}, *projects);
}

bool is_of_all_clusters(const Call& call) {
    return call.parameters[0] == query::kAllClusters;
}

net::Awaitable<Result<void>> check_freshness(Call& call, const VisibleFleet& fleet,
                                             const std::vector<std::string>& clusters,
                                             model::Kind kind) {
    if (fleet.connected.empty()) co_return Result<void>();
    if (!is_of_all_clusters(call))
        co_return co_await check_freshness(call, fleet.connected.front(), kind);
    const Services& services = call.services;
    const std::optional<int64_t> max_age = wanted_max_age(call.request);
    objects::FleetFreshness sum;
    if (!max_age && clusters.empty()) {
        SNAPGATE_CO_ASSIGN(
            sum, fleet.freshness->read(services.store, services.mirrors, fleet.connected, kind));
    } else {
        std::vector<const cluster::Cluster*> wanted;
        for (const cluster::Cluster& cluster : fleet.connected) {
            if (query::is_wanted_cluster(clusters, cluster.name, cluster.uid))
                wanted.push_back(&cluster);
        }
        SNAPGATE_CO_ASSIGN(sum, co_await objects::confirm_fleet(services.store, services.mirrors,
                                                                wanted, kind, max_age));
    }
    // On the Palette side the sources tell of those of which nothing is known.
    const size_t unknown = call.side == Side::kKubernetes ? sum.unknown : 0;
    if (sum.known == 0 && unknown == 0) co_return Result<void>();
    call.freshness.emplace();
    call.freshness->stale = sum.stale > 0 || unknown > 0;
    if (call.freshness->stale) call.freshness->text = away_text(sum, fleet.fleet->clusters.size());
    call.freshness->age_seconds = sum.age_seconds;
    add_headers(*call.freshness, call.side, call.response);
    co_return Result<void>();
}

}  // namespace snapgate::api

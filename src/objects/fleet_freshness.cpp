#include "objects/fleet_freshness.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "net/at_once.h"
#include "objects/freshness.h"

namespace snapgate::objects {
namespace {

using base::Code;
using base::Result;

// How many clusters are asked at a time: each has a connection of its own that is open already.
constexpr size_t kAskedAtOnce = 64;

using One = Result<std::optional<Freshness>>;

// Counts what is known of one cluster. Its error, unless nothing is known of it.
Result<void> add(const One& one, FleetFreshness& sum) {
    if (!one && one.error().code == Code::kClusterUnavailable) {
        ++sum.unknown;
        return {};
    }
    SNAPGATE_TRY(one);
    const std::optional<Freshness>& freshness = *one;
    if (!freshness) return {};
    ++sum.known;
    sum.age_seconds = std::max(sum.age_seconds, freshness->age_seconds);
    if (!freshness->stale) return {};
    ++sum.stale;
    sum.stale_seconds = std::max(sum.stale_seconds, freshness->age_seconds);
    return {};
}

net::Awaitable<void> ask(const store::Store& store, mirror::Mirrors& mirrors,
                         const cluster::Cluster& cluster, model::Kind kind,
                         std::optional<int64_t> max_age, One& answer) {
    answer = co_await read_freshness(store, mirrors, cluster, kind, max_age);
}

}  // namespace

Result<FleetFreshness> FleetFreshnessMemo::read(const store::Store& store,
                                                const mirror::Mirrors& mirrors,
                                                std::span<const cluster::Cluster> clusters,
                                                model::Kind kind) {
    const auto now = std::chrono::steady_clock::now();
    const uint64_t turns = mirrors.turns();
    const base::MutexLock lock(mutex_);
    Seen& seen = seen_[kind];
    if (now < seen.until && seen.turns == turns) return seen.freshness;
    FleetFreshness sum;
    for (const cluster::Cluster& cluster : clusters)
        SNAPGATE_TRY(add(look_at_freshness(store, mirrors, cluster, kind), sum));
    seen = {sum, now + kLasts, turns};
    return sum;
}

net::Awaitable<Result<FleetFreshness>> confirm_fleet(
    const store::Store& store, mirror::Mirrors& mirrors,
    std::span<const cluster::Cluster* const> clusters, model::Kind kind,
    std::optional<int64_t> max_age) {
    std::vector<One> each(clusters.size(), std::optional<Freshness>());
    co_await net::do_at_once(clusters.size(), kAskedAtOnce, [&](size_t index) {
        return ask(store, mirrors, *clusters[index], kind, max_age, each[index]);
    });
    FleetFreshness sum;
    for (const One& one : each) SNAPGATE_CO_TRY(add(one, sum));
    co_return sum;
}

}  // namespace snapgate::objects

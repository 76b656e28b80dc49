#include "objects/garbage_collector.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/this_thread.h"

namespace snapgate::objects {
namespace {

using model::ClusterNumber;

// Clusters that change all the time are looked at not more often than this.
constexpr std::chrono::milliseconds kCollectorRhythm{20};
// After a failure.
constexpr std::chrono::seconds kAfterFailure{10};
// It rests after each step for as long as the step took, but not longer: a step may have waited for
// the disk.
constexpr std::chrono::milliseconds kMostRest{10};

}  // namespace

GarbageCollector::GarbageCollector(store::Store& store, Clusters hosted, audit::ActionIn actions)
    : store_(store), hosted_(std::move(hosted)), actions_(std::move(actions)) {
    // An earlier process may have left work anywhere.
    for (const ClusterNumber cluster : hosted_()) pending_.insert(cluster);
    thread_.wake();
    subscription_ =
        store_.subscribe([this](const store::HeadsMoved& heads) { moved(heads.clusters); });
    thread_.start([this] { loop(); });
}

GarbageCollector::~GarbageCollector() {
    store_.unsubscribe(subscription_);
    thread_.stop();
}

void GarbageCollector::moved(const std::vector<ClusterNumber>& clusters) {
    {
        const base::MutexLock lock(mutex_);
        const bool was_woken = !pending_.empty();  // and has not looked yet
        pending_.insert(clusters.begin(), clusters.end());
        if (was_woken) return;
    }
    thread_.wake();
}

void GarbageCollector::look_everywhere() {
    moved(hosted_());
}

std::set<ClusterNumber> GarbageCollector::await_changes() {
    const bool awake =
        std::ranges::any_of(turns_, [](const auto& one) { return !one.second.asleep; });
    if (!awake) {
        thread_.pause(kCollectorRhythm);
        Time next = Time::max();
        for (const auto& [cluster, turn] : turns_) next = std::min(next, turn.wake);
        thread_.wait_for_wake(next);
    }
    const base::MutexLock lock(mutex_);
    return std::exchange(pending_, {});
}

bool GarbageCollector::await_work() {
    const std::set<ClusterNumber> changed = await_changes();
    if (thread_.stopping()) return false;
    if (!store_.leads()) {
        turns_.clear();
        return true;
    }
    const Time now = std::chrono::steady_clock::now();
    for (auto& [cluster, turn] : turns_)
        if (turn.asleep && now >= turn.wake) turn.asleep = turn.broken = false;
    if (changed.empty()) return true;
    // Mirrors of connected clusters change, too: what they hold is their clusters' own.
    std::vector<ClusterNumber> hosted = hosted_();
    std::ranges::sort(hosted);
    for (const ClusterNumber cluster : changed) {
        if (!std::ranges::binary_search(hosted, cluster)) continue;
        auto known = turns_.find(cluster);
        if (known == turns_.end())
            known = turns_.try_emplace(cluster, store_, cluster, actions_(cluster)).first;
        Turn& turn = known->second;
        turn.asleep = turn.broken;
    }
    return true;
}

void GarbageCollector::loop() {
    base::name_this_thread("snapgate-gc");
    base::run_this_thread_behind_requests();
    while (await_work()) {
        for (auto one = turns_.begin(); one != turns_.end() && !thread_.stopping();) {
            const bool stays = one->second.asleep || take(one->second);
            one = stays ? std::next(one) : turns_.erase(one);
        }
    }
}

bool GarbageCollector::take(Turn& turn) {
    ClusterCollector& collector = turn.collector;
    const uint64_t removed = collector.removed();
    const uint64_t updated = collector.updated();
    const Time began = std::chrono::steady_clock::now();
    const auto progress = collector.step();
    // On a machine with few processors, lists would otherwise wait for this thread and the
    // writer's.
    const Time now = std::chrono::steady_clock::now();
    thread_.wait_until(now + std::min<std::chrono::steady_clock::duration>(now - began, kMostRest));
    removed_.fetch_add(collector.removed() - removed, std::memory_order_relaxed);
    updated_.fetch_add(collector.updated() - updated, std::memory_order_relaxed);
    if (progress && *progress == ClusterCollector::Progress::kMore) return true;
    if (progress && *progress == ClusterCollector::Progress::kIdle) return false;
    if (!progress && (progress.error().code == base::Code::kNotFound || thread_.stopping()))
        return false;
    if (!progress) {
        base::log::error("cannot collect the garbage of a cluster: trying again",
                         {{"error", progress.error().message}});
    }
    turn.asleep = true;
    turn.broken = !progress;
    turn.wake = std::chrono::steady_clock::now() + kAfterFailure;
    return true;
}

}  // namespace snapgate::objects

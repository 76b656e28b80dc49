#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "audit/action.h"
#include "base/annotations.h"
#include "base/background_thread.h"
#include "base/result.h"
#include "model/types.h"
#include "objects/cluster_collector.h"
#include "store/store.h"

namespace snapgate::objects {

// Garbage collection among the snapshots of hosted clusters, as Kubernetes does it: dependents
// whose owners are all gone, and background, foreground and orphan deletion. It works behind the
// traffic, in batches, on a thread of its own, and goes on after a restart (owner_notes.h). The
// clusters take turns, a step each. It rests while another server does it (Store::leads). The store
// outlives it.
class GarbageCollector {
  public:
    using Clusters = std::function<std::vector<model::ClusterNumber>()>;
    // `hosted`: all hosted clusters there are now; called on the collector's thread, as `actions`.
    GarbageCollector(store::Store& store, Clusters hosted,
                     audit::ActionIn actions = audit::no_action);
    ~GarbageCollector();
    GarbageCollector(const GarbageCollector&) = delete;
    GarbageCollector& operator=(const GarbageCollector&) = delete;

    // There may be work anywhere: another server may have left some. Any thread.
    void look_everywhere() SNAPGATE_EXCLUDES(mutex_);

    // Since the start: snapshots that it removed, and changes that it made to others (marked as
    // being deleted, or took references or finalizers from). Any thread.
    uint64_t removed() const { return removed_.load(std::memory_order_relaxed); }
    uint64_t updated() const { return updated_.load(std::memory_order_relaxed); }

  private:
    using Time = std::chrono::steady_clock::time_point;

    struct Turn {
        Turn(store::Store& store, model::ClusterNumber cluster,
             std::shared_ptr<const audit::Action> audit)
            : collector(store, cluster, std::move(audit)) {}

        ClusterCollector collector;
        bool asleep = false;  // until `wake`, or until the cluster changes
        bool broken = false;  // a change does not wake it
        Time wake;
    };

    void loop();
    // On the writer thread: there may be work in these clusters.
    void moved(const std::vector<model::ClusterNumber>& clusters) SNAPGATE_EXCLUDES(mutex_);
    // Waits until a cluster has a turn. False if the loop is to end.
    bool await_work() SNAPGATE_EXCLUDES(mutex_);
    std::set<model::ClusterNumber> await_changes() SNAPGATE_EXCLUDES(mutex_);
    // False once the cluster has nothing to do now.
    bool take(Turn& turn);

    store::Store& store_;
    const Clusters hosted_;
    const audit::ActionIn actions_;
    std::atomic<uint64_t> removed_ = 0;
    std::atomic<uint64_t> updated_ = 0;
    std::map<model::ClusterNumber, Turn> turns_;  // the thread's own: clusters with work

    base::Mutex mutex_;
    std::set<model::ClusterNumber> pending_ SNAPGATE_GUARDED_BY(mutex_);  // to look at
    uint64_t subscription_ = 0;
    base::BackgroundThread thread_;
};

}  // namespace snapgate::objects

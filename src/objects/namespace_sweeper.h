#pragma once

#include <chrono>
#include <set>
#include <vector>

#include "audit/action.h"
#include "base/annotations.h"
#include "base/background_thread.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "model/types.h"
#include "store/store.h"

namespace snapgate::objects {

// Empties the namespaces that are being deleted, in batches beside the traffic, and removes each
// when it is empty. A snapshot that finalizers hold keeps its namespace; of what only an import
// brings (restores, VMs, contents) nothing waits. Runs on its own thread; the store and the
// registry outlive it.
class NamespaceSweeper {
  public:
    // `clusters`: the clusters in which an earlier process may have left a namespace half deleted.
    // `fallback`: a namespace that is not empty is looked at again after so long, whatever changed.
    NamespaceSweeper(store::Store& store, const cluster::ClusterTable& registry,
                     std::vector<model::ClusterNumber> clusters,
                     audit::ActionIn actions = audit::no_action,
                     std::chrono::milliseconds fallback = std::chrono::seconds(30));
    ~NamespaceSweeper();
    NamespaceSweeper(const NamespaceSweeper&) = delete;
    NamespaceSweeper& operator=(const NamespaceSweeper&) = delete;

    // A namespace of the cluster is to be deleted. Any thread.
    void wake(model::ClusterNumber cluster) SNAPGATE_EXCLUDES(mutex_);

  private:
    void loop();
    // The clusters to look at now; `pause`: not before a moment has passed.
    std::set<model::ClusterNumber> await_work(bool pause) SNAPGATE_EXCLUDES(mutex_);
    // On the writer thread: finalizers may have been removed.
    void moved(const std::vector<model::ClusterNumber>& clusters) SNAPGATE_EXCLUDES(mutex_);
    // Sweeps one cluster as far as possible. True if a namespace is still being deleted.
    base::Result<bool> sweep(model::ClusterNumber cluster);
    base::Result<std::vector<std::string>> going(model::ClusterNumber cluster) const;
    // True once the namespace is gone.
    base::Result<bool> sweep_namespace(model::ClusterNumber cluster, const std::string& ns);
    // One walk through the namespace: the objects it met, and how many of them it changed.
    struct Pass {
        model::ObjectKey from;  // the object to begin the next step with
        bool ended = false;
        size_t seen = 0;
        size_t written = 0;
        bool failed = false;  // an object could be neither removed nor marked
    };
    base::Result<void> step(model::ClusterNumber cluster, const std::string& ns, Pass& pass);
    // Removes what the namespace has of the kinds that have numbers of their own.
    base::Result<void> remove_others(model::ClusterNumber cluster, const std::string& ns);
    // True once nothing of the kind is left in the namespace.
    base::Result<bool> remove_some(model::ClusterNumber number, model::Kind kind,
                                   const std::string& ns,
                                   std::shared_ptr<const audit::Action> action);
    base::Result<void> remove_namespace(model::ClusterNumber cluster, const std::string& ns);
    store::Store& store_;
    const cluster::ClusterTable& registry_;
    const audit::ActionIn actions_;
    const std::chrono::milliseconds fallback_;
    base::Mutex mutex_;
    std::set<model::ClusterNumber> pending_ SNAPGATE_GUARDED_BY(mutex_);  // to look at
    // Clusters with namespaces that are not empty yet: looked at again after a change, or after a
    // while.
    std::set<model::ClusterNumber> held_ SNAPGATE_GUARDED_BY(mutex_);
    uint64_t subscription_ = 0;
    base::BackgroundThread thread_;
};

}  // namespace snapgate::objects

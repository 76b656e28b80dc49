#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "audit/action.h"
#include "base/result.h"
#include "model/types.h"
#include "objects/collector_pass.h"
#include "store/store.h"

namespace snapgate::objects {

// Collects the garbage of one hosted cluster, step by step; the work is in the store, so where it
// stands need not be. First it goes once through a cluster whose dependents an earlier version did
// not note. Belongs to one thread; the store outlives it.
class ClusterCollector {
  public:
    // `audit`: who does it; null: no audit trail is kept.
    ClusterCollector(store::Store& store, model::ClusterNumber cluster,
                     std::shared_ptr<const audit::Action> audit = nullptr)
        : store_(store), cluster_(cluster), audit_(std::move(audit)) {}

    enum class Progress {
        kMore,   // there is more to do
        kIdle,   // nothing is left to do, until the cluster changes
        kLater,  // what is left failed: it is to be tried again after a while
    };
    // At most one commit. kNotFound if the cluster is gone.
    base::Result<Progress> step();

    // Since the beginning: objects that the collector removed, and objects that it changed (marked
    // as being deleted, or took references or finalizers from).
    uint64_t removed() const { return removed_; }
    uint64_t updated() const { return updated_; }

  private:
    base::Result<void> note_some();
    base::Result<Progress> next_pass();
    void end_pass();
    bool is_put_off(const std::string& work);

    store::Store& store_;
    const model::ClusterNumber cluster_;
    const std::shared_ptr<const audit::Action> audit_;
    bool complete_ = false;       // all dependents are noted
    model::ObjectKey note_from_;  // until then: the object to go on with
    std::optional<CollectorPass> pass_;
    std::string after_;     // the note of the work that was looked at last in this round
    bool did_any_ = false;  // in this round some work was ended
    // Work that failed, by its note, and when it may be tried again.
    std::map<std::string, std::chrono::steady_clock::time_point> failed_;
    uint64_t removed_ = 0;
    uint64_t updated_ = 0;
};

}  // namespace snapgate::objects

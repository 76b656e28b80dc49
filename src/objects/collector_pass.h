#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "objects/collector_batch.h"
#include "objects/dependent_fate.h"
#include "objects/owner_notes.h"
#include "store/store.h"

namespace snapgate::objects {

// The garbage collector at one piece of work: goes over the dependents of an owner in steps, each
// with a read view of its own and at most one commit, until nothing changes any more. Then it ends
// the work. Belongs to one thread; the store outlives it.
class CollectorPass {
  public:
    // `audit`: who does it; null: no audit trail is kept.
    CollectorPass(store::Store& store, model::ClusterNumber cluster, Work work,
                  std::shared_ptr<const audit::Action> audit);

    enum class Progress {
        kMore,    // there is another step to do
        kDone,    // the work is done, or the owner waits for a change
        kAgain,   // the work was noted again: read it and make a new pass
        kFailed,  // something could not be done, and is to be tried again later
    };
    // kNotFound if the cluster is gone.
    base::Result<Progress> step();

    const Work& work() const { return work_; }
    // Since the beginning: objects that went, and objects that were changed.
    uint64_t removed() const { return removed_; }
    uint64_t updated() const { return updated_; }

  private:
    // What the owner is, which says what its dependents are to do.
    enum class Mode {
        kGone,
        kOrphaning,  // it lets its dependents go
        kWaiting,    // it waits for those that block it
        kNone,       // it is there, and asks nothing of its dependents
    };
    struct Round {
        std::string after;     // the dependent that was looked at last
        bool wrote = false;    // or met something that had changed
        bool blocked = false;  // a dependent blocks the owner's deletion
        bool failed = false;
    };

    base::Result<Mode> read_mode(const store::ReadView& view) const;
    // False if it can only be decided after the batch was committed.
    base::Result<bool> look(const store::ReadView& view, std::string_view dependent,
                            CollectorBatch& batch, size_t& bytes);
    base::Result<void> decide(const store::ReadView& view, const store::Found& dependent,
                              const Ownership& is, CollectorBatch& batch);
    base::Result<void> commit(const std::shared_ptr<CollectorBatch>& batch);
    base::Result<Progress> conclude();
    // Changes the owner itself, if the work was not noted again.
    template <class Edit>
    base::Result<Progress> change_owner(const Edit& edit);
    base::Result<Progress> end_work();
    // Whether the owner waits for dependents that, over others, wait for it.
    base::Result<bool> waits_for_itself() const;

    store::Store& store_;
    const model::ClusterNumber cluster_;
    const std::shared_ptr<const audit::Action> audit_;
    const Work work_;
    std::optional<Mode> mode_;
    Round round_;
    uint64_t removed_ = 0;
    uint64_t updated_ = 0;
};

}  // namespace snapgate::objects

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/action.h"
#include "base/result.h"
#include "objects/object_write.h"
#include "objects/owner_notes.h"
#include "objects/ownership.h"
#include "store/store.h"

namespace snapgate::objects {

// What one step of the garbage collector writes, in one commit. Belongs to one thread until
// submitted, and again after the commit.
class CollectorBatch {
  public:
    // `audit`: who does it; null: no audit trail is kept.
    CollectorBatch(model::ClusterNumber cluster, std::shared_ptr<const audit::Action> audit)
        : cluster_(cluster), audit_(std::move(audit)) {}

    // `gone`: owners of `ns` that must not be there at the commit, or nothing is written.
    void add(std::shared_ptr<const ObjectWrite> write, const std::vector<Owner>& gone);
    // The object of that uid will wait for its own dependents, by a write that was added. Whoever
    // it owns is to be looked at after the commit.
    void add_waiting(std::string uid) { waiting_.push_back(std::move(uid)); }
    bool makes_an_owner_wait(const Ownership& dependent) const;
    // The note says that `dependent` has a reference to an owner of that uid, and it has none.
    void add_stale(std::string_view ns, std::string_view uid, std::string_view dependent);
    // Nothing is written if the work was noted again meanwhile.
    void require(Work work) { required_ = std::move(work); }

    bool empty() const { return writes_.empty() && stale_.empty(); }

    struct Outcome {
        uint64_t removed = 0;  // objects that are gone
        uint64_t updated = 0;  // objects that were changed, or marked as being deleted
        // An object, an owner or the work was not as it was read: look again.
        bool changed = false;
    };
    // kNotFound if the cluster is gone.
    static base::Result<Outcome> commit(store::Store& store,
                                        const std::shared_ptr<CollectorBatch>& batch);

  private:
    struct Reference {
        std::string ns;
        std::string name;  // of the owner; of the dependent in `stale_`
        std::string uid;
        auto operator<=>(const Reference&) const = default;
    };

    base::Result<void> run(store::WriteTxn& txn);
    base::Result<bool> holds(store::WriteTxn& txn) const;

    const model::ClusterNumber cluster_;
    const std::shared_ptr<const audit::Action> audit_;
    std::vector<std::shared_ptr<const ObjectWrite>> writes_;
    std::vector<Reference> gone_;
    std::vector<Reference> stale_;
    std::vector<std::string> waiting_;
    std::optional<Work> required_;
    Outcome outcome_;
};

}  // namespace snapgate::objects

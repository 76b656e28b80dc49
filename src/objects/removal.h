#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "objects/object_write.h"
#include "rules/object_rules.h"
#include "store/store.h"

namespace snapgate::objects {

// The deletion of one snapshot that was read: it is removed, or, if finalizers hold it, marked.
// Null if it is being deleted already. `now`: the deletionTimestamp, RFC 3339.
base::Result<std::shared_ptr<const ObjectWrite>> removal_of(model::ClusterNumber cluster,
                                                            const store::Found& found,
                                                            const rules::DeleteOptions& options,
                                                            std::string_view now);

// The same for one that has no finalizers, in the background. The rules always remove it, so they
// are not asked: that takes half of the time when there are many.
std::shared_ptr<const ObjectWrite> removal_of_unheld(model::ClusterNumber cluster,
                                                     const store::Found& found);

// The deletion of many snapshots of a hosted cluster in one commit, each by the rules: it is
// removed, or, if finalizers hold it, marked. Objects that change between add() and the commit are
// left alone; changed() lists them. At most one batch (full()). Belongs to one thread until it is
// submitted, and again after the commit.
class Removal {
  public:
    // `now`: the deletionTimestamp, RFC 3339. `most`: Store::batch_objects().
    // `audit`: who does it; null: no audit trail is kept.
    Removal(model::ClusterNumber cluster, rules::DeleteOptions options, std::string now,
            size_t most, std::shared_ptr<const audit::Action> audit = nullptr);

    // Decides the fate of an object that was read.
    base::Result<void> add(const store::Found& found);

    bool full() const { return writes_.size() >= most_ || bytes_ >= store::kBatchBytes; }
    // Whether there is nothing to write, as all added objects are being deleted already.
    bool empty() const { return writes_.empty(); }
    size_t size() const { return writes_.size(); }
    // After the commit: the objects that had changed since they were read, or were gone.
    const std::vector<model::ObjectKey>& changed() const { return changed_; }

    static store::WriteFunction function(const std::shared_ptr<Removal>& removal);

  private:
    model::ClusterNumber cluster_;
    rules::DeleteOptions options_;
    std::string now_;
    size_t most_;
    std::shared_ptr<const audit::Action> audit_;
    std::vector<std::shared_ptr<const ObjectWrite>> writes_;
    size_t bytes_ = 0;
    std::vector<model::ObjectKey> changed_;
};

}  // namespace snapgate::objects

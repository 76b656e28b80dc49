#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "hosted/object_write.h"
#include "rules/object_rules.h"
#include "store/store.h"

namespace snapgate::hosted {

// The deletion of many snapshots of a hosted cluster in one commit, each by the rules: it goes, or,
// where finalizers hold it, it is marked. What changes between add() and the commit is left alone,
// and named by changed(). One batch at most (full()); belongs to one thread until it is submitted,
// and again once it was committed.
class Removal {
  public:
    // `now`: the deletionTimestamp, RFC 3339.
    Removal(model::ClusterNumber cluster, rules::DeleteOptions options, std::string now);

    // Decides what becomes of an object as it was read.
    base::Result<rules::Change::Effect> add(const store::Found& found);

    bool full() const {
        return writes_.size() >= store::kBatchObjects || bytes_ >= store::kBatchBytes;
    }
    // Nothing to write: what was added is being deleted already.
    bool empty() const { return writes_.empty(); }
    size_t size() const { return writes_.size(); }
    // After the commit: what was not as it had been read, or gone.
    const std::vector<model::ObjectKey>& changed() const { return changed_; }

    static store::WriteFunction function(const std::shared_ptr<Removal>& removal);

  private:
    model::ClusterNumber cluster_;
    rules::DeleteOptions options_;
    std::string now_;
    std::vector<std::shared_ptr<const ObjectWrite>> writes_;
    size_t bytes_ = 0;
    std::vector<model::ObjectKey> changed_;
};

}  // namespace snapgate::hosted

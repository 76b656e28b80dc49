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
// where finalizers hold it, it is marked. What changes between add() and the commit is left alone.
// At most store::kBatchObjects objects; belongs to one thread until it is submitted.
class Removal {
  public:
    // `now`: the deletionTimestamp, RFC 3339.
    Removal(model::ClusterNumber cluster, rules::DeleteOptions options, std::string now);

    // Decides what becomes of an object as it was read.
    base::Result<rules::Change::Effect> add(const store::Found& found);

    bool full() const { return writes_.size() >= store::kBatchObjects; }
    // Nothing to write: what was added is being deleted already.
    bool empty() const { return writes_.empty(); }
    size_t size() const { return writes_.size(); }

    static store::WriteFunction function(const std::shared_ptr<Removal>& removal);

  private:
    model::ClusterNumber cluster_;
    rules::DeleteOptions options_;
    std::string now_;
    std::vector<std::shared_ptr<const ObjectWrite>> writes_;
};

}  // namespace snapgate::hosted

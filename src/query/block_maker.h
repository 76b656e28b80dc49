#pragma once

#include <memory>
#include <vector>

#include "base/background_thread.h"
#include "base/result.h"
#include "model/types.h"
#include "query/fleet_index.h"
#include "store/store.h"

namespace snapgate::query {

// Makes the blocks of the clusters that a walk over a fleet has still before it, from the last one
// on, on a thread of its own: after a start nothing is in memory, and the walk, which makes the
// block of each cluster that it comes to, keeps one processor busy alone. They meet in the middle.
// What it meets that is damaged it leaves to the walk, which says so.
//
// Belongs to one thread, and ends its own one within a step. The store and the index outlive it.
class BlockMaker {
  public:
    // Null if the index has one already: it makes the same blocks. `clusters`: in the order of the
    // walk.
    static std::unique_ptr<BlockMaker> start(const store::Store& store, FleetIndex& index,
                                             std::vector<model::ClusterNumber> clusters);
    ~BlockMaker();
    BlockMaker(const BlockMaker&) = delete;
    BlockMaker& operator=(const BlockMaker&) = delete;

  private:
    BlockMaker(const store::Store& store, FleetIndex& index,
               std::vector<model::ClusterNumber> clusters);

    // The thread looks at so many objects before it looks whether it is to end.
    static constexpr size_t kStepRows = 500;

    void make_all();
    // Makes and keeps a block of the cluster's newest state, unless there is one.
    base::Result<void> make(model::ClusterNumber cluster);

    const store::Store& store_;
    FleetIndex& index_;
    const std::vector<model::ClusterNumber> clusters_;
    base::BackgroundThread thread_;
};

}  // namespace snapgate::query

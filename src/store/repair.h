#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/environment.h"
#include "store/check.h"
#include "store/store.h"

namespace snapgate::store {

// Gathers from the faults of a check what is to be repaired.
class RepairPlan {
  public:
    // `key`: of the row that is wrong.
    void note(std::string_view key);

    const std::set<ClusterNumber>& clusters() const { return clusters_; }
    // Rows that belong to no cluster, nor to the registry.
    const std::vector<std::string>& strays() const { return strays_; }
    // Whether rows are wrong that nothing else can replace: those of the registry, or the store's
    // own.
    bool is_hopeless() const { return hopeless_; }

  private:
    std::set<ClusterNumber> clusters_;
    std::vector<std::string> strays_;
    bool hopeless_ = false;
};

// Mends the clusters of a plan, in one write transaction: all is done or nothing.
//
// Of each cluster only its newest state is kept, as a restored backup has it: a new head, and
// nothing before it, so whoever watched or held a token lists anew. Objects whose newest version is
// damaged or missing are removed; their names go into kDamaged. Of an object whose facts alone
// cannot be read, the facts are removed: they follow from it. The mirror of a connected cluster
// loses its list version, so it is listed from the cluster again.
//
// Damaged rows are kept in a file in `directory`, which is on disk before the transaction is.
// `now_ms`: the system's time. kCorrupt for what cannot be repaired; kStorageFull.
base::Result<RepairSummary> repair_rows(engine::Environment& environment, const RepairPlan& plan,
                                        const std::filesystem::path& directory, int64_t now_ms);

}  // namespace snapgate::store

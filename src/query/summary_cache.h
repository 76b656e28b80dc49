#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/annotations.h"
#include "facts/facts.h"
#include "model/types.h"
#include "query/cluster_summary.h"
#include "query/content_block.h"
#include "query/facts_block.h"
#include "query/restore_block.h"

namespace snapgate::query {

struct ClusterKinds;
enum class Join : uint8_t;

// What a summary of all snapshots of a cluster was made of. Equal sources make equal summaries.
class SummarySource {
  public:
    // `joined`: what is joined to the snapshots; may be null.
    SummarySource(const std::shared_ptr<const FactsBlock>& snapshots, const ClusterKinds* joined,
                  facts::Seconds first_day);
    bool operator==(const SummarySource& other) const;

  private:
    // A block that is gone is equal to no other one: a weak pointer keeps its address.
    std::weak_ptr<const FactsBlock> snapshots_;
    std::weak_ptr<const ContentBlock> contents_;
    std::weak_ptr<const RestoreBlock> restores_;
    bool restores_followed_ = false;
    facts::Seconds first_day_;
};

// The last summary of all snapshots of each cluster, for as long as nothing that it was made of
// changes. Any thread may call.
class SummaryCache {
  public:
    using Summary = std::shared_ptr<const ClusterSummary>;

    // Null if there is none.
    Summary find(model::ClusterNumber cluster, Join join, const SummarySource& source) const;
    void keep(model::ClusterNumber cluster, Join join, const SummarySource& source,
              Summary summary);
    // Forgets those of all clusters but these.
    void keep_only(const std::set<model::ClusterNumber>& clusters);

  private:
    struct Kept {
        SummarySource source;
        Summary summary;
    };

    mutable base::Mutex mutex_;
    std::map<std::pair<model::ClusterNumber, Join>, Kept> kept_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::query

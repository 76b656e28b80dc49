#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "query/cluster_summary.h"
#include "query/fleet_age.h"
#include "query/fleet_listing.h"
#include "query/fleet_request.h"
#include "query/fleet_walk.h"
#include "query/summary_cache.h"
#include "store/store.h"

namespace snapgate::query {

// Numbers of the snapshots of a fleet that a filter selects, in the newest state of the store.
// Belongs to one thread at a time; keeps no read view between its calls.
class FleetSummary {
  public:
    using Numbers = SnapshotNumbers;
    using Day = SnapshotDay;
    struct Project {
        std::string uid;
        std::string name;
        Numbers numbers;
    };
    struct Cause {
        std::string cause_class;
        uint64_t count = 0;
        uint64_t vms = 0;
        uint64_t clusters = 0;
        std::string example;  // the sentence of one of them
    };
    static constexpr size_t kDays = ClusterSummary::kDays;
    static constexpr size_t kShownCauses = 50;

    // `join`: kNothing where neither sizes and restores nor causes are asked for.
    static base::Result<FleetSummary> plan(const ListContext& context, const store::ReadView& view,
                                           std::shared_ptr<const Fleet> fleet, FleetRequest request,
                                           facts::Seconds now, Join join = Join::kAll);

    // Looks at about FleetWalk::kStepRows rows. True when all were looked at.
    base::Result<bool> step(const store::ReadView& view);

    const FleetListing& listing() const { return listing_; }
    // Whether many objects may have to be looked at for each one that is counted.
    bool searches() const { return !request_.filter.everything(); }
    // About how much memory it has between its steps.
    size_t kept_bytes() const { return listing_.kept_bytes(); }
    // The results, once all was looked at.
    Numbers numbers() const;
    const std::array<uint64_t, 5>& by_consistency() const { return by_consistency_; }
    std::vector<Project> by_project() const;  // by name
    // Of each of FleetListing::clusters().
    const std::vector<Numbers>& by_cluster() const { return by_cluster_; }
    // The last kDays days, in UTC, today last.
    const std::array<Day, kDays>& days() const { return days_; }
    facts::Seconds first_day() const;  // when the first of them began
    // The most frequent ones, at most kShownCauses.
    const std::vector<Cause>& causes() const { return causes_; }

  private:
    // A class of causes while it is counted.
    struct Count {
        uint64_t count = 0;
        uint64_t vms = 0;
        uint64_t clusters = 0;
        // One of them.
        size_t cluster = 0;
        model::Revision revision = 0;
        model::ObjectKey example;
        std::string sentence;  // its cause; "": nobody read it yet
    };

    FleetSummary(const ListContext& context, std::shared_ptr<const Fleet> fleet,
                 FleetRequest request, Join join);

    // Adds what is known already of all snapshots of a cluster that the walk has a block of. The
    // work, as FleetWalk::step() wants it.
    size_t add_block(size_t cluster, const std::shared_ptr<const FactsBlock>& block);
    void add(const FleetRow& row);
    void add(size_t cluster, const ClusterSummary& sum);
    void add(size_t cluster, const ClusterSummary& sum, const ClusterSummary::Cause& cause);
    // Ends the cluster whose rows were added.
    void leave_cluster();
    // Ranks the classes and reads the examples.
    base::Result<void> end(const store::ReadView& view);

    FleetRequest request_;
    Join join_;
    FleetListing listing_;
    FleetWalk walk_;
    std::array<uint64_t, 5> by_consistency_{};  // by the value of the Consistency
    std::vector<Numbers> by_cluster_;
    std::array<Day, kDays> days_{};
    std::map<std::string, Count, std::less<>> classes_;
    std::vector<Cause> causes_;
    // Of the cluster that the walk is in, once a row of it was added:
    std::optional<size_t> cluster_;
    std::optional<ClusterSummer> summer_;
    model::Revision revision_ = 0;
    // Where its sum is kept, and of how many rows it has to be.
    struct Keep {
        size_t cluster;
        SummarySource source;
        size_t rows;
    };
    std::optional<Keep> keep_;
};

}  // namespace snapgate::query

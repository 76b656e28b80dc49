#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "json/object.h"
#include "query/fleet_listing.h"
#include "query/snapshot_filter.h"
#include "query/snapshot_walk.h"
#include "store/store.h"
#include "store/walk.h"

namespace snapgate::query {

// A snapshot that a walk over a fleet shows: views, good during the visit.
struct FleetRow {
    size_t cluster = 0;  // its index in FleetListing::clusters()
    const store::Found& found;
    const facts::Facts& facts;
};

// Walks the snapshots of a fleet that a filter selects, by cluster, namespace and name, in the
// state of a listing. It goes in steps, each in a view of its own. Belongs to one thread at a time.
class FleetWalk {
  public:
    // A step looks at about so many rows.
    static constexpr size_t kStepRows = 20'000;

    // Begins at the cluster of that index, with the first object at or after `from`.
    void start_at(size_t cluster, model::ObjectKey from) {
        cluster_ = cluster;
        from_ = std::move(from);
        walk_.reset();
    }

    // Shows what is selected to `visit`: base::Result<store::Step>(const FleetRow&), which may go
    // on, pause or end the walk. False where it stopped before the end, because the visitor paused
    // or the step's rows were used up: the next step goes on there. True once everything was shown.
    // kExpired if the state was compacted: hold its history to prevent that; kCorrupt if a cluster
    // has not as many objects as the store counted.
    template <class Visit>
    base::Result<bool> step(const store::ReadView& view, const FleetListing& listing,
                            const SnapshotFilter& filter, const Visit& visit) {
        size_t looked_at = 0;
        for (; cluster_ < listing.clusters().size(); leave_cluster()) {
            if (looked_at++ >= kStepRows) return false;
            SNAPGATE_ASSIGN(const bool there, enter_cluster(view, listing, filter));
            if (!there) continue;
            SNAPGATE_ASSIGN(bool standing, walk_->begin(view, kStepRows));
            while (standing) {
                if (++looked_at > kStepRows) {
                    walk_->pause();
                    break;
                }
                SNAPGATE_ASSIGN(const store::Step next, show(listing, filter, visit));
                if (next == store::Step::kEnd) {
                    walk_->end();
                    return true;
                }
                if (next == store::Step::kPause) {
                    walk_->pause();
                    break;
                }
                ++objects_;
                SNAPGATE_ASSIGN(standing, walk_->advance());
            }
            walk_->end();
            if (walk_->paused()) return false;
            SNAPGATE_TRY(check_count(view, listing, filter));
        }
        return true;
    }

    // The revision at which the cluster is read that a row is of.
    model::Revision revision() const { return revision_; }

  private:
    // Makes the walk of the cluster, if it has none yet. False for a cluster that is not in the
    // state.
    base::Result<bool> enter_cluster(const store::ReadView& view, const FleetListing& listing,
                                     const SnapshotFilter& filter);
    void leave_cluster() { start_at(cluster_ + 1, {}); }

    template <class Visit>
    base::Result<store::Step> show(const FleetListing& listing, const SnapshotFilter& filter,
                                   const Visit& visit) {
        const store::Found& found = walk_->found();
        SNAPGATE_ASSIGN(const facts::Facts facts, json::read_facts(found.object, buffer_));
        SNAPGATE_ASSIGN(const bool selected, filter.selects(found, facts, listing.now()));
        if (!selected) return store::Step::kOn;
        return visit(FleetRow{cluster_, found, facts});
    }

    // Of a cluster that was walked as a whole.
    base::Result<void> check_count(const store::ReadView& view, const FleetListing& listing,
                                   const SnapshotFilter& filter) const;

    size_t cluster_ = 0;
    model::ObjectKey from_;
    model::Revision revision_ = 0;
    std::optional<SnapshotWalk> walk_;  // of the cluster, once it is entered
    bool whole_ = false;                // it began at the cluster's first object
    uint64_t objects_ = 0;              // that it passed
    std::string buffer_;                // of facts that were not stored
};

}  // namespace snapgate::query

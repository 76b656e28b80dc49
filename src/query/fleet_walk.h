#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "facts/facts.h"
#include "json/object.h"
#include "query/block_maker.h"
#include "query/facts_block.h"
#include "query/fleet_index.h"
#include "query/fleet_kinds.h"
#include "query/fleet_listing.h"
#include "query/listing.h"
#include "query/object_walk.h"
#include "query/snapshot_filter.h"
#include "query/snapshot_join.h"
#include "store/store.h"
#include "store/walk.h"

namespace snapgate::query {

// An object that a walk over a fleet shows: views, good during the visit.
struct FleetRow {
    size_t cluster = 0;  // its index in FleetListing::clusters()
    std::string_view ns;
    std::string_view name;
    std::string_view vm;        // of a snapshot
    const facts::Facts& facts;  // of a snapshot; of another kind they say nothing
    // The object; null where the walk need not read it, and then the facts lack the cause, unless
    // it comes from the content.
    const store::Found* found = nullptr;
    // Equal for equal VMs of one cluster; kNoVm where that is not known.
    uint32_t vm_id = kNoVm;
    static constexpr uint32_t kNoVm = UINT32_MAX;
    // What the claims in its content request, and how many restores name it; nullopt where that is
    // not known, or was not asked for.
    std::optional<uint64_t> bytes = std::nullopt;
    std::optional<uint64_t> restores = std::nullopt;
};

// What of a cluster's contents and restores is joined to its snapshots.
enum class Join : uint8_t {
    kNothing,
    kCauses,  // the errors of contents, as causes of snapshots that lack one
    kAll,     // sizes and restores, too
};
// The kinds of objects that are read for a join, the snapshots first.
std::span<const model::Kind> kinds_of(Join join);

// Walks the snapshots of a fleet that a filter selects, or the objects of another kind, by cluster,
// namespace and name, in the state of a listing. It goes in steps, each in a view of its own.
// Belongs to one thread at a time.
class FleetWalk {
  public:
    // A step looks at about so many rows.
    static constexpr size_t kStepRows = Listing::kStepRows;
    // A row of a block costs a small part of one that is read from the store.
    static constexpr size_t kBlockRowsOfOne = 10;

    // What the visitor needs of a row.
    enum class Needs : uint8_t {
        kObjects,  // the object of each row that is shown
        kFacts,    // no object: all rows are looked at, and few are written
    };
    // The listing of a walk has the kinds of its join, or `kind`: of another than snapshots a
    // filter selects by namespace, name, fields and labels alone, and nothing is joined.
    explicit FleetWalk(Needs needs = Needs::kObjects, Join join = Join::kNothing,
                       model::Kind kind = model::Kind::kSnapshot)
        : needs_(needs), joined_(join), kinds_(kinds_of(join)), kind_(kind) {}

    // Goes over the clusters in another order than that of the listing, from the first one on.
    // `clusters`: the indexes of all of them.
    void go_over(std::vector<uint32_t> clusters) {
        order_ = std::move(clusters);
        start_at(0, {});
    }
    // Begins at the cluster of that index (or place, in another order), with the first object at or
    // after `from`.
    void start_at(size_t cluster, model::ObjectKey from) {
        place_ = cluster;
        cluster_ = cluster_at(place_);
        from_ = std::move(from);
        walk_.reset();
        block_.reset();
        builder_.reset();
        join_ready_ = false;
    }

    // Shows what is selected to `visit`: base::Result<store::Step>(const FleetRow&), which may go
    // on, pause or end the walk. False where it stopped before the end, because the visitor paused
    // or the step's rows were used up: the next step goes on there. True once everything was shown.
    // kExpired if the state was compacted: hold its history to prevent that; kCorrupt if a cluster
    // has not as many objects as the store counted.
    template <class Visit>
    base::Result<bool> step(const store::ReadView& view, const FleetListing& listing,
                            const SnapshotFilter& filter, const Visit& visit) {
        return step(view, listing, filter, visit,
                    [](size_t, const std::shared_ptr<const FactsBlock>&) {
                        return base::Result<size_t>(0);
                    });
    }

    // The same for a visitor that can do without the rows of a cluster whose block is there and
    // which is walked from its beginning: `visit_block`: base::Result<size_t>(size_t cluster, const
    // std::shared_ptr<const FactsBlock>&) gives how many rows its work was worth, or 0 to be shown
    // the rows. `goes_on`: bool(size_t cluster) is asked before a cluster is looked at; false ends
    // the walk.
    struct Always {
        bool operator()(size_t /*cluster*/) const { return true; }
    };
    template <class Visit, class VisitBlock, class GoesOn = Always>
    base::Result<bool> step(const store::ReadView& view, const FleetListing& listing,
                            const SnapshotFilter& filter, const Visit& visit,
                            const VisitBlock& visit_block, const GoesOn& goes_on = {}) {
        size_t looked_at = 0;
        for (; place_ < listing.clusters().size(); start_at(place_ + 1, {})) {
            if (looked_at >= kStepRows) return false;
            looked_at += Listing::kRowsOfCluster;
            if (!walk_ && !block_ && !goes_on(cluster_)) break;
            SNAPGATE_ASSIGN(const bool there, enter_cluster(view, listing, filter));
            if (!there) continue;
            SNAPGATE_ASSIGN(const bool ready, make_join(view, listing, looked_at));
            if (!ready) return false;
            if (block_ && whole_ && next_row_ == 0) {
                SNAPGATE_ASSIGN(const size_t work, visit_block(cluster_, block_));
                looked_at += work / kBlockRowsOfOne;
                if (work > 0) continue;
            }
            const auto end = block_ ? show_block(view, listing, filter, looked_at, visit)
                                    : show_walk(view, listing, filter, looked_at, visit);
            SNAPGATE_TRY(end);
            if (*end == store::Step::kEnd) break;
            if (*end == store::Step::kPause) return false;
            SNAPGATE_TRY(leave_cluster(view, listing, filter));
        }
        maker_.reset();
        return true;
    }

    // What is joined to the snapshots of the cluster that the walk is in; null where nothing is.
    const ClusterKinds* joined() const {
        return joined_ == Join::kNothing ? nullptr : &kinds_.of(cluster_);
    }
    // The revision at which the cluster is read that a row is of.
    model::Revision revision() const { return revision_; }

  private:
    size_t cluster_at(size_t place) const { return place < order_.size() ? order_[place] : place; }
    // Makes the walk of the cluster, or finds its block, if that was not done yet. False for a
    // cluster that is not in the state.
    base::Result<bool> enter_cluster(const store::ReadView& view, const FleetListing& listing,
                                     const SnapshotFilter& filter);
    // Reads what is joined to the cluster's snapshots, if that was not done yet; false if a later
    // step has to go on.
    base::Result<bool> make_join(const store::ReadView& view, const FleetListing& listing,
                                 size_t& looked_at);
    // Has the blocks of the clusters that are left made by another thread, too.
    void share_work(const FleetListing& listing);
    // Whether a block of the index can stand for a walk, or come from it.
    bool may_use_index(const FleetListing& listing, const SnapshotFilter& filter) const;
    // Of a cluster that was walked as a whole: its objects must be as many as the store counted,
    // and its block is kept.
    base::Result<void> leave_cluster(const store::ReadView& view, const FleetListing& listing,
                                     const SnapshotFilter& filter);

    // Both return kOn at the end of the cluster.
    template <class Visit>
    base::Result<store::Step> show_walk(const store::ReadView& view, const FleetListing& listing,
                                        const SnapshotFilter& filter, size_t& looked_at,
                                        const Visit& visit) {
        const size_t rows_of_object = Listing::rows_of(filter.labels);
        SNAPGATE_ASSIGN(bool standing, walk_->begin(view, kStepRows));
        store::Step next = store::Step::kOn;
        while (standing && next == store::Step::kOn) {
            looked_at += rows_of_object;
            if (looked_at > kStepRows) {
                next = store::Step::kPause;
                break;
            }
            const store::Found& found = walk_->found();
            SNAPGATE_ASSIGN(const facts::Facts stored, facts_of(found));
            facts::Facts facts = stored;
            if (joining_) join_.complete_cause(found.ns, found.name, found.object.vm, facts);
            if (filter.may_select(found.name, facts, listing.now())) {
                SNAPGATE_ASSIGN(const bool selected, filter.selects_object(found, facts));
                if (selected) {
                    SNAPGATE_ASSIGN(next, visit_row({cluster_, found.ns, found.name,
                                                     found.object.vm, facts, &found},
                                                    visit));
                }
            }
            if (next != store::Step::kOn) break;
            if (builder_)
                builder_->add(found.ns, found.name, found.object.vm,
                              json::labels_text(found.object), stored);
            ++objects_;
            SNAPGATE_ASSIGN(standing, walk_->advance());
        }
        if (next == store::Step::kPause) walk_->pause();
        walk_->end();
        return walk_->paused() ? store::Step::kPause : next;
    }

    template <class Visit>
    base::Result<store::Step> show_block(const store::ReadView& view, const FleetListing& listing,
                                         const SnapshotFilter& filter, size_t& looked_at,
                                         const Visit& visit) {
        const bool few = filter.excludes_succeeded();
        const bool reads_facts = !filter.everything();
        const size_t end = few ? block_->special_rows() : block_->rows();
        for (; next_row_ < end; ++next_row_) {
            if (next_row_ % kBlockRowsOfOne == 0 && ++looked_at > kStepRows)
                return store::Step::kPause;
            // Most rows end here or behind it: what else a row has lies in other places of the
            // memory.
            if (few &&
                !filter.finished.contains(block_->special_finished(next_row_), listing.now()))
                continue;
            const size_t index = few ? block_->special_row(next_row_) : next_row_;
            if (reads_facts &&
                !filter.may_select_facts(block_->facts_without_texts(index), listing.now()))
                continue;
            FactsBlock::Row row = block_->row(index);
            if (!is_wanted_namespace(filter, row.ns)) continue;
            const bool by_content =
                joining_ && join_.complete_cause(row.ns, row.name, row.vm, row.facts);
            if (by_content) ++looked_at;
            if (!filter.may_select(row.name, row.facts, listing.now())) continue;
            SNAPGATE_ASSIGN(const bool by_labels, has_wanted_labels(filter, row, looked_at));
            if (!by_labels) continue;
            store::Step next = store::Step::kOn;
            // The block has no causes, but the join has those that come from contents.
            const bool cause_is_known = filter.cause.empty() || by_content;
            if (by_content && !contains_ignoring_case(row.facts.cause, filter.cause)) continue;
            if (needs_ == Needs::kObjects || !cause_is_known) {
                looked_at += Listing::rows_of(filter.labels);
                SNAPGATE_ASSIGN(next, show_object(view, listing, filter, row, visit));
            } else {
                SNAPGATE_ASSIGN(next, visit_row({cluster_, row.ns, row.name, row.vm, row.facts,
                                                 nullptr, row.vm_id},
                                                visit));
            }
            if (next != store::Step::kOn) return next;
        }
        return store::Step::kOn;
    }

    template <class Visit>
    base::Result<store::Step> show_object(const store::ReadView& view, const FleetListing& listing,
                                          const SnapshotFilter& filter, const FactsBlock::Row& row,
                                          const Visit& visit) {
        SNAPGATE_ASSIGN(const auto found,
                        view.get(listing.clusters()[cluster_]->number, model::Kind::kSnapshot,
                                 row.ns, row.name, revision_));
        if (!found) return base::Error(base::Code::kCorrupt, "a snapshot of the index is lost");
        SNAPGATE_ASSIGN(facts::Facts facts, json::read_facts(found->object, buffer_));
        if (joining_) join_.complete_cause(found->ns, found->name, found->object.vm, facts);
        SNAPGATE_ASSIGN(const bool selected, filter.selects_object(*found, facts));
        if (!selected) return store::Step::kOn;
        return visit_row({cluster_, found->ns, found->name, found->object.vm, facts, &*found},
                         visit);
    }

    template <class Visit>
    base::Result<store::Step> visit_row(FleetRow row, const Visit& visit) {
        if (joining_ && joined_ == Join::kAll) {
            row.bytes = join_.bytes_of(row.ns, row.name, row.facts);
            row.restores = join_.restores_of(row.ns, row.name);
        }
        return visit(row);
    }

    // What a row says of an object's facts: those of a snapshot, nothing of another kind.
    base::Result<facts::Facts> facts_of(const store::Found& found) {
        if (kind_ != model::Kind::kSnapshot) return facts::Facts();
        return json::read_facts(found.object, buffer_);
    }

    // By the label selector, which is asked once for each set of labels that the block has.
    base::Result<bool> has_wanted_labels(const SnapshotFilter& filter, const FactsBlock::Row& row,
                                         size_t& looked_at);
    static bool is_wanted_namespace(const SnapshotFilter& filter, std::string_view ns);

    Needs needs_;
    Join joined_;
    FleetKinds kinds_;
    model::Kind kind_;
    std::vector<uint32_t> order_;  // of the clusters; empty for that of the listing
    size_t place_ = 0;             // in that order
    size_t cluster_ = 0;           // which stands there
    model::ObjectKey from_;
    model::Revision revision_ = 0;
    std::optional<ObjectWalk> walk_;  // of the cluster, once it is entered; or its block:
    std::shared_ptr<const FactsBlock> block_;
    enum class Selected : uint8_t { kUnknown, kYes, kNo };
    std::vector<Selected> by_labels_;           // of each set of labels of the block
    size_t next_row_ = 0;                       // of those of the block that are looked at
    std::optional<FactsBlockBuilder> builder_;  // of the block that the walk makes
    size_t blocks_made_ = 0;
    std::unique_ptr<BlockMaker> maker_;
    bool whole_ = false;    // the walk began at the cluster's first object
    uint64_t objects_ = 0;  // that it passed
    std::string buffer_;    // of facts that were not stored
    SnapshotJoin join_;
    bool join_ready_ = false;  // for the cluster
    bool joining_ = false;     // there is something to join
};

}  // namespace snapgate::query

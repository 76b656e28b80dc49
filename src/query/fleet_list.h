#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/first_rows.h"
#include "query/fleet_listing.h"
#include "query/fleet_request.h"
#include "query/fleet_spans.h"
#include "query/fleet_walk.h"
#include "query/page_count.h"
#include "store/store.h"

namespace snapgate::query {

// A list of the snapshots of a fleet, or of one cluster, that a filter selects, in the order of the
// fleet or sorted, or of its restores; a page of it, or all of it in pieces. Every page of one
// listing shows one state of the store. In a flat format the rows have what is joined to them; in
// each but a stream of events the filter sees the causes that come from contents. Belongs to one
// thread at a time; keeps no read view between its calls.
//
//   auto list = FleetList::plan(context, view, fleet, request, now);
//   while (!list->step(store.read(), body, kMostPageBytes, append).value()) { ... }
class FleetList {
  public:
    static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

    // Errors as FleetListing::begin(), and as begin_at() for a state that the request names.
    static base::Result<FleetList> plan(const ListContext& context, const store::ReadView& view,
                                        std::shared_ptr<const Fleet> fleet, FleetRequest request,
                                        facts::Seconds now);

    // Makes it a list of everything from the place on where it begins, which has no pages.
    void show_all() {
        in_pieces_ = true;
        limit_ = kNoLimit;
        first_.want_all();
    }
    // Makes a page come in pieces: a step pauses at `full`, and the page ends where the limit says,
    // or once it weighs `most_bytes`.
    void show_in_pieces(uint64_t most_bytes = kNoLimit) {
        in_pieces_ = true;
        most_bytes_ = most_bytes;
    }

    // Passes rows to `append`, which writes them: base::Result<void>(const FleetRow&, std::string&
    // out). Each row has its object. Stops once `out` holds `full` bytes, or about
    // FleetWalk::kStepRows rows were looked at. True when the page (or everything) is complete.
    // Errors as FleetWalk::step(); after one discard what was appended.
    template <class Append>
    base::Result<bool> step(const store::ReadView& view, std::string& out, size_t full,
                            const Append& append) {
        const size_t before = out.size();
        const auto done = request_.order ? step_sorted(view, out, full, append)
                                         : step_in_order(view, out, full, append);
        bytes_ += out.size() - before;
        return done;
    }

    // A place between two steps, from which the same rows can be passed again; not of a sorted list
    // of everything.
    struct Mark {
        uint64_t items = 0;
        uint64_t bytes = 0;
        size_t written = 0;
        size_t cluster = 0;
        model::ObjectKey last;
    };
    Mark mark() const { return {page_.items, bytes_, written_, last_cluster_, last_}; }
    void return_to(const Mark& mark);

    // Whether many objects may have to be looked at for each one that is shown.
    bool searches() const { return request_.order || !request_.filter.everything(); }
    const FleetListing& listing() const { return listing_; }
    // The page's ETag; "" if its content depends on the present time.
    std::string etag() const;
    // The number of rows that were passed to `append`.
    uint64_t items() const { return page_.items; }
    // The list's resource version.
    std::string version() const { return listing_.version(); }
    // For a complete page: the token of the next one; "" if this is the last.
    std::string continue_token() const;
    // The number of rows after a complete page that is not the last; nullopt if it is not known.
    std::optional<uint64_t> remaining() const { return page_.remaining(); }
    // About how much memory it has between its steps.
    size_t kept_bytes() const { return listing_.kept_bytes() + first_.bytes(); }

  private:
    // A row of a sorted page, until it is written.
    struct Candidate {
        size_t cluster = 0;
        model::Revision revision = 0;
        model::ObjectKey object;

        friend RowPlace place_of(const Candidate& row) {
            return {row.cluster, row.object.ns, row.object.name};
        }
        friend size_t text_bytes(const Candidate& row) {
            return row.object.ns.size() + row.object.name.size();
        }
    };
    using First = FirstRows<Candidate>;

    FleetList(const ListContext& context, std::shared_ptr<const Fleet> fleet, FleetRequest request);

    // The kinds of objects that a request reads.
    static std::span<const model::Kind> listed_kinds(const FleetRequest& request);
    // What is joined to the rows that a request shows; and to those that its walk looks at.
    static Join shown_join(const FleetRequest& request);
    static Join walked_join(const FleetRequest& request);
    // Reads what is joined to a row of a sorted page; false if a later step has to go on.
    base::Result<bool> make_join(const store::ReadView& view, const Candidate& candidate);
    base::Result<void> count_first(const store::ReadView& view);
    // Where the walk of an ordered list begins.
    void start_walk();

    // What a step says of the text before it writes a row. `written`: what it has written itself.
    store::Step room_for_row(size_t held, size_t written, size_t full) const {
        if (in_pieces_ && bytes_ + written < most_bytes_)
            return held < full ? store::Step::kOn : store::Step::kPause;
        return in_pieces_ || held >= full ? store::Step::kEnd : store::Step::kOn;
    }

    template <class Append>
    base::Result<bool> step_in_order(const store::ReadView& view, std::string& out, size_t full,
                                     const Append& append) {
        const size_t before = out.size();
        SNAPGATE_ASSIGN(const bool done,
                        walk_.step(view, listing_, request_.filter,
                                   [&](const FleetRow& row) -> base::Result<store::Step> {
                                       const store::Step room =
                                           room_for_row(out.size(), out.size() - before, full);
                                       if (page_.items == limit_ || room == store::Step::kEnd) {
                                           page_.more = true;
                                           return store::Step::kEnd;
                                       }
                                       if (room == store::Step::kPause) return room;
                                       SNAPGATE_TRY(append(row, out));
                                       note_last(row.cluster, row.ns, row.name);
                                       return store::Step::kOn;
                                   }));
        return done;
    }

    template <class Append>
    base::Result<bool> step_sorted(const store::ReadView& view, std::string& out, size_t full,
                                   const Append& append) {
        if (!first_.has_ended()) {
            SNAPGATE_ASSIGN(const bool ready, order_clusters(view));
            if (!ready) return false;
            SNAPGATE_ASSIGN(const bool done,
                            walk_.step(
                                view, listing_, request_.filter,
                                [&](const FleetRow& row) -> base::Result<store::Step> {
                                    consider(row);
                                    return store::Step::kOn;
                                },
                                [&](size_t, const std::shared_ptr<const FactsBlock>& block) {
                                    return base::Result<size_t>(
                                        are_too_late(block->spans(selects_special())) ? 1 : 0);
                                },
                                [&](size_t cluster) { return !are_too_late_from(cluster); }));
            if (!done) return false;
            first_.end_pass();
            page_.more = first_.left() > 0;
        }
        const size_t before = out.size();
        while (written_ < first_.kept().size()) {
            const store::Step room = room_for_row(out.size(), out.size() - before, full);
            if (room == store::Step::kPause) return false;
            if (room == store::Step::kEnd) {
                page_.more = true;
                return true;
            }
            SNAPGATE_ASSIGN(const bool ready, make_join(view, first_.kept()[written_].row));
            if (!ready) return false;
            SNAPGATE_TRY(write_candidate(view, first_.kept()[written_], out, append));
            ++written_;
        }
        if (limit_ != kNoLimit || !page_.more) return true;
        first_.begin_next_pass();
        page_.more = false;
        written_ = 0;
        walk_.start_at(0, {});
        return false;
    }

    template <class Append>
    base::Result<void> write_candidate(const store::ReadView& view, const First::Kept& kept,
                                       std::string& out, const Append& append) {
        const Candidate& candidate = kept.row;
        const FleetCluster& cluster = *listing_.clusters()[candidate.cluster];
        // Its history is held, unless the cluster was deleted meanwhile.
        SNAPGATE_ASSIGN(const auto found,
                        view.get(cluster.number, model::Kind::kSnapshot, candidate.object.ns,
                                 candidate.object.name, candidate.revision));
        if (found) {
            SNAPGATE_ASSIGN(facts::Facts facts, json::read_facts(found->object, buffer_));
            FleetRow row{candidate.cluster, found->ns, found->name,
                         found->object.vm,  facts,     &*found};
            if (join_.any()) {
                join_.complete_cause(row.ns, row.name, row.vm, facts);
                if (request_.is_flat()) {
                    row.bytes = join_.bytes_of(row.ns, row.name, facts);
                    row.restores = join_.restores_of(row.ns, row.name);
                }
            }
            SNAPGATE_TRY(append(row, out));
        }
        note_last(candidate.cluster, candidate.object.ns, candidate.object.name);
        last_key_ = kept.key;
        return {};
    }

    void note_last(size_t cluster, std::string_view ns, std::string_view name) {
        ++page_.items;
        last_cluster_ = cluster;
        last_.ns = ns;
        last_.name = name;
    }
    // Keeps the row if it is one of the first after the place where the pass begins.
    void consider(const FleetRow& row);
    // Has a list by time begin with the cluster of its first row, if the spans of all clusters are
    // known; false if a later step has to go on.
    base::Result<bool> order_clusters(const store::ReadView& view);
    // Whether none of a cluster's rows can be kept, which have these spans.
    bool are_too_late(const FactsBlock::Spans& spans) const;
    // Whether that is so of the cluster, and of all that the walk comes to after it.
    bool are_too_late_from(size_t cluster) const;
    bool selects_special() const { return request_.filter.excludes_succeeded(); }

    FleetRequest request_;
    FleetListing listing_;
    FleetWalk walk_;
    uint64_t limit_ = 0;
    bool in_pieces_ = false;          // a step pauses at `full`, where a page would end
    uint64_t most_bytes_ = kNoLimit;  // of a page in pieces
    uint64_t bytes_ = 0;              // that the steps have written
    PageCount page_;

    // The last row that was written.
    size_t last_cluster_ = 0;
    model::ObjectKey last_;
    SortKey last_key_;

    First first_;  // of a sorted list, as all that follow
    FleetSpansLoad spans_;
    bool clusters_ordered_ = false;  // or it is known that they cannot be
    FleetKinds kinds_;
    SnapshotJoin join_;
    size_t written_ = 0;
    std::string buffer_;
};

}  // namespace snapgate::query

#include "query/fleet_spans.h"

#include <algorithm>
#include <limits>

#include "query/fleet_index.h"
#include "query/fleet_walk.h"

namespace snapgate::query {

using base::Result;

bool is_by_time(const SortOrder& order) {
    return order.field == SortField::kCreated || order.field == SortField::kFinished;
}

SortKeyView first_key(const FactsBlock::Spans& spans, const SortOrder& order) {
    const FactsBlock::Span& span =
        order.field == SortField::kCreated ? spans.created : spans.finished;
    const facts::Seconds first = order.descending ? span.last : span.first;
    return {first == 0, first, {}};
}

Result<bool> FleetSpansLoad::step(const store::ReadView& view, const FleetListing& listing,
                                  size_t budget) {
    const Fleet& fleet = listing.fleet();
    const model::Revision state = listing.state().revision;
    FactsIndex& index = listing.context().index->snapshots;
    if (made_.empty()) {
        auto kept = fleet.spans.newest();
        if (kept && kept->state() == state) {
            spans_ = std::move(kept);
            return true;
        }
        // Of some of the clusters alone they are not worth their cost, and of a state that is past
        // nobody will ask again.
        const bool whole = listing.clusters().size() == fleet.clusters.size();
        if (!whole || (kept && kept->state() > state)) return true;
        before_ = std::move(kept);
        made_.reserve(fleet.clusters.size());
    }
    size_t looked_at = 0;
    while (made_.size() < fleet.clusters.size()) {
        if (looked_at >= budget) return false;
        looked_at += Listing::kRowsOfCluster;
        const size_t cluster = made_.size();
        SNAPGATE_ASSIGN(const auto revision, listing.revision_of(view, fleet.clusters[cluster]));
        const bool same = before_ && before_->of(cluster).revision == revision;
        FleetSpans::OfCluster& made = made_.emplace_back(
            same ? before_->of(cluster) : FleetSpans::OfCluster{revision, {}, {}});
        if (same || !revision) continue;
        SNAPGATE_ASSIGN(const auto block,
                        index.find(view, fleet.clusters[cluster].number, *revision));
        if (!block) return true;
        made.all = block->spans(false);
        made.special = block->spans(true);
        looked_at += block->rows() / FleetWalk::kBlockRowsOfOne;
    }
    spans_ = std::make_shared<const FleetSpans>(state, std::move(made_));
    fleet.spans.keep(spans_);
    return true;
}

std::vector<uint32_t> FleetSpansLoad::clusters_by(const FleetListing& listing,
                                                  const SortOrder& order, bool of_special) const {
    // A key above an index, in one number: a thousand of them are sorted for each page.
    constexpr uint32_t kIndexBits = 31;
    constexpr uint64_t kMissing = uint64_t{std::numeric_limits<facts::Seconds>::max()} + 1;
    std::vector<uint64_t> keys;
    keys.reserve(listing.clusters().size());
    for (size_t i = 0; i < listing.clusters().size(); ++i) {
        const FleetSpans::OfCluster& cluster = spans_->of(listing.index_in_fleet(i));
        const SortKeyView first = first_key(of_special ? cluster.special : cluster.all, order);
        const uint64_t key = first.missing      ? kMissing
                             : order.descending ? kMissing - first.number
                                                : first.number;
        keys.push_back(key << kIndexBits | i);
    }
    std::ranges::sort(keys);
    std::vector<uint32_t> out(keys.size());
    std::ranges::transform(keys, out.begin(),
                           [](uint64_t key) { return key & ((uint64_t{1} << kIndexBits) - 1); });
    return out;
}

}  // namespace snapgate::query

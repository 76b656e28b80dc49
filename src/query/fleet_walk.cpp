#include "query/fleet_walk.h"

#include <algorithm>

namespace snapgate::query {

using base::Result;

namespace {

constexpr model::Kind kJoined[] = {model::Kind::kSnapshot, model::Kind::kContent,
                                   model::Kind::kRestore};

}  // namespace

std::span<const model::Kind> kinds_of(Join join) {
    switch (join) {
        case Join::kNothing:
            return std::span(kJoined).first(1);
        case Join::kCauses:
            return std::span(kJoined).first(2);
        case Join::kAll:
            break;
    }
    return kJoined;
}

Result<bool> FleetWalk::enter_cluster(const store::ReadView& view, const FleetListing& listing,
                                      const SnapshotFilter& filter) {
    const FleetCluster& cluster = *listing.clusters()[cluster_];
    SNAPGATE_ASSIGN(const auto revision, listing.revision_of(view, cluster, kind_));
    // It may also be deleted between two steps.
    if (!revision) return false;
    if (walk_ || block_) return true;
    revision_ = *revision;
    whole_ = from_ == model::ObjectKey() && filter.vms.empty() && filter.namespaces.empty();
    objects_ = 0;
    next_row_ = 0;
    if (may_use_index(listing, filter)) {
        SNAPGATE_ASSIGN(block_,
                        listing.context().index->snapshots.find(view, cluster.number, revision_));
        if (block_) {
            by_labels_.assign(block_->label_sets(), Selected::kUnknown);
            return true;
        }
        if (whole_) {
            builder_.emplace();
            // One that is missing alone was changed much.
            if (++blocks_made_ == 2) share_work(listing);
        }
    }
    walk_.emplace(cluster.number_of(kind_), kind_, revision_, filter.vms, filter.namespaces, from_);
    return true;
}

void FleetWalk::share_work(const FleetListing& listing) {
    std::vector<model::ClusterNumber> left;
    left.reserve(listing.clusters().size() - place_);
    for (size_t place = place_ + 1; place < listing.clusters().size(); ++place)
        left.push_back(listing.clusters()[cluster_at(place)]->number);
    maker_ = BlockMaker::start(listing.context().store, *listing.context().index, std::move(left));
}

Result<bool> FleetWalk::make_join(const store::ReadView& view, const FleetListing& listing,
                                  size_t& looked_at) {
    if (join_ready_) return true;
    joining_ = false;
    if (joined_ != Join::kNothing) {
        const size_t most = looked_at < kStepRows ? kStepRows - looked_at : 1;
        size_t budget = most;
        SNAPGATE_ASSIGN(const ClusterKinds* const known,
                        kinds_.load(view, listing, cluster_, budget));
        looked_at += most - budget;
        if (known == nullptr) return false;
        join_.begin(*known, SnapshotJoin::Order::kList);
        joining_ = join_.any();
    }
    join_ready_ = true;
    return true;
}

bool FleetWalk::may_use_index(const FleetListing& listing, const SnapshotFilter& filter) const {
    if (kind_ != model::Kind::kSnapshot) return false;
    // The store's own index leads to the snapshots of a VM, and to objects in order.
    const bool few = !filter.vms.empty() || from_ != model::ObjectKey();
    const bool all_objects = needs_ == Needs::kObjects && filter.everything();
    return listing.context().index != nullptr && !few && !all_objects;
}

Result<bool> FleetWalk::has_wanted_labels(const SnapshotFilter& filter, const FactsBlock::Row& row,
                                          size_t& looked_at) {
    if (!filter.labels.reads_labels()) return true;
    Selected& selected = by_labels_[row.labels_id];
    if (selected == Selected::kUnknown) {
        looked_at += Listing::rows_of(filter.labels);
        SNAPGATE_ASSIGN(const Labels labels, json::read_labels(row.labels));
        selected = filter.labels.matches_labels(labels) ? Selected::kYes : Selected::kNo;
    }
    return selected == Selected::kYes;
}

bool FleetWalk::is_wanted_namespace(const SnapshotFilter& filter, std::string_view ns) {
    return filter.namespaces.empty() || std::ranges::binary_search(filter.namespaces, ns);
}

Result<void> FleetWalk::leave_cluster(const store::ReadView& view, const FleetListing& listing,
                                      const SnapshotFilter& /*filter*/) {
    if (!walk_ || !whole_) return {};
    const FleetCluster& cluster = *listing.clusters()[cluster_];
    const model::ClusterNumber number = cluster.number_of(kind_);
    SNAPGATE_ASSIGN(const auto head, view.head(number));
    // The store counts the newest state, and only that is kept.
    if (!head || head->revision != revision_) return {};
    SNAPGATE_ASSIGN(const uint64_t count, view.count(number, kind_));
    SNAPGATE_TRY(check_count_of(cluster.uid, objects_, count, false));
    if (!builder_) return {};
    if (auto block = builder_->finish(revision_))
        listing.context().index->snapshots.keep(cluster.number, std::move(block));
    return {};
}

}  // namespace snapgate::query

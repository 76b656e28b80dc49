#include "query/fleet.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>
#include <utility>

#include "query/continue_token.h"
#include "query/fingerprint.h"
#include "query/fleet_spans.h"

namespace snapgate::query {

std::optional<uint64_t> FleetCount::at(model::Revision revision) const {
    base::MutexLock lock(mutex_);
    return revision_ == revision && revision != 0 ? std::optional(count_) : std::nullopt;
}

void FleetCount::keep(model::Revision revision, uint64_t count) {
    base::MutexLock lock(mutex_);
    if (revision < revision_) return;
    revision_ = revision;
    count_ = count;
}

std::shared_ptr<const FleetSpans> KeptSpans::newest() const {
    base::MutexLock lock(mutex_);
    return spans_;
}

void KeptSpans::keep(std::shared_ptr<const FleetSpans> spans) {
    base::MutexLock lock(mutex_);
    if (!spans_ || spans_->state() < spans->state()) spans_ = std::move(spans);
}

std::shared_ptr<const Fleet> Fleet::make(std::vector<FleetCluster> clusters) {
    auto fleet = std::make_shared<Fleet>();
    fleet->clusters = std::move(clusters);
    std::ranges::sort(fleet->clusters, [](const FleetCluster& a, const FleetCluster& b) {
        return std::tie(a.name, a.uid) < std::tie(b.name, b.uid);
    });
    fleet->by_number_.resize(fleet->clusters.size());
    std::iota(fleet->by_number_.begin(), fleet->by_number_.end(), 0);
    const auto number = [&](uint32_t index) { return fleet->clusters[index].number; };
    std::ranges::sort(fleet->by_number_, {}, number);
    std::ranges::transform(fleet->by_number_, std::back_inserter(fleet->numbers), number);
    fleet->digest = fleet->digest_below(fleet->next_cluster());
    return fleet;
}

const FleetCluster* Fleet::find(model::ClusterNumber number) const {
    const auto place = std::ranges::lower_bound(numbers, number);
    if (place == numbers.end() || *place != number) return nullptr;
    return &clusters[by_number_[static_cast<size_t>(place - numbers.begin())]];
}

std::string Fleet::digest_below(model::ClusterNumber next) const {
    Fingerprint parts;
    for (const FleetCluster& cluster : clusters) {
        if (cluster.number >= next) continue;
        parts.number(cluster.number)
            .text(cluster.uid)
            .text(cluster.name)
            .text(cluster.project_name);
    }
    return parts.digest(kListingDigestBytes);
}

}  // namespace snapgate::query

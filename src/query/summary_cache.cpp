#include "query/summary_cache.h"

#include "query/fleet_kinds.h"
#include "query/fleet_walk.h"

namespace snapgate::query {
namespace {

template <class T>
bool is_same(const std::weak_ptr<T>& a, const std::weak_ptr<T>& b) {
    return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

SummarySource::SummarySource(const std::shared_ptr<const FactsBlock>& snapshots,
                             const ClusterKinds* joined, facts::Seconds first_day)
    : snapshots_(snapshots), first_day_(first_day) {
    if (joined == nullptr) return;
    contents_ = joined->contents;
    restores_ = joined->restores;
    restores_followed_ = joined->restores_followed;
}

bool SummarySource::operator==(const SummarySource& other) const {
    return first_day_ == other.first_day_ && restores_followed_ == other.restores_followed_ &&
           is_same(snapshots_, other.snapshots_) && is_same(contents_, other.contents_) &&
           is_same(restores_, other.restores_);
}

SummaryCache::Summary SummaryCache::find(model::ClusterNumber cluster, Join join,
                                         const SummarySource& source) const {
    base::MutexLock lock(mutex_);
    const auto found = kept_.find({cluster, join});
    if (found == kept_.end() || found->second.source != source) return nullptr;
    return found->second.summary;
}

void SummaryCache::keep(model::ClusterNumber cluster, Join join, const SummarySource& source,
                        Summary summary) {
    base::MutexLock lock(mutex_);
    kept_.insert_or_assign({cluster, join}, Kept{source, std::move(summary)});
}

void SummaryCache::keep_only(const std::set<model::ClusterNumber>& clusters) {
    base::MutexLock lock(mutex_);
    std::erase_if(kept_, [&](const auto& kept) { return !clusters.contains(kept.first.first); });
}

}  // namespace snapgate::query

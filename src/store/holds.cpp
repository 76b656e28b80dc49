#include "store/holds.h"

#include <algorithm>
#include <utility>

namespace snapgate::store {

std::shared_ptr<void> Holds::hold(std::vector<HeldState> states, base::Millis most) {
    std::ranges::sort(states);
    const int64_t now_ms = clock_.steady_ms();
    uint64_t id = 0;
    {
        base::MutexLock lock(mutex_);
        id = next_++;
        holds_.emplace(id, Hold{std::move(states), now_ms, now_ms + most.count()});
    }
    // The pointer is never read, but must not be null: only its deleter matters.
    return {this, [holds = shared_from_this(), id](void*) { holds->release(id); }};
}

void Holds::release(uint64_t id) {
    base::MutexLock lock(mutex_);
    holds_.erase(id);
}

Holds::Count Holds::count() const {
    const int64_t now_ms = clock_.steady_ms();
    base::MutexLock lock(mutex_);
    Count count;
    for (const auto& [id, hold] : holds_) {
        if (now_ms >= hold.until_ms) continue;
        ++count.holds;
        count.longest = std::max(count.longest, base::Millis(now_ms - hold.since_ms));
    }
    return count;
}

model::Revision Holds::oldest(model::ClusterNumber cluster) const {
    const int64_t now_ms = clock_.steady_ms();
    base::MutexLock lock(mutex_);
    model::Revision oldest = UINT64_MAX;
    for (const auto& [id, hold] : holds_) {
        if (now_ms >= hold.until_ms) continue;
        // The first one of a cluster has its oldest revision.
        const auto at = std::ranges::lower_bound(hold.states, cluster, {}, &HeldState::cluster);
        if (at != hold.states.end() && at->cluster == cluster)
            oldest = std::min(oldest, at->revision);
    }
    return oldest;
}

}  // namespace snapgate::store

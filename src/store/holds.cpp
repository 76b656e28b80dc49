#include "store/holds.h"

#include <algorithm>

namespace snapgate::store {

std::shared_ptr<void> Holds::hold(model::ClusterNumber cluster, model::Revision revision,
                                  base::Millis most) {
    const int64_t until_ms = clock_.steady_ms() + most.count();
    uint64_t id = 0;
    {
        base::MutexLock lock(mutex_);
        id = next_++;
        holds_.emplace(id, Hold{cluster, revision, until_ms});
    }
    // The pointer is never read, but must not be null: only its deleter matters.
    return {this, [holds = shared_from_this(), id](void*) { holds->release(id); }};
}

void Holds::release(uint64_t id) {
    base::MutexLock lock(mutex_);
    holds_.erase(id);
}

model::Revision Holds::oldest(model::ClusterNumber cluster) const {
    const int64_t now_ms = clock_.steady_ms();
    base::MutexLock lock(mutex_);
    model::Revision oldest = UINT64_MAX;
    for (const auto& [id, hold] : holds_)
        if (hold.cluster == cluster && now_ms < hold.until_ms)
            oldest = std::min(oldest, hold.revision);
    return oldest;
}

}  // namespace snapgate::store

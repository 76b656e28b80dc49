#include "identity/caller_cache.h"

#include <algorithm>
#include <utility>

namespace snapgate::identity {

std::shared_ptr<const Caller> CallerCache::find(const std::string& hash) {
    const base::MutexLock lock(mutex_);
    const auto found = callers_.find(hash);
    if (found == callers_.end()) return nullptr;
    // Its place in `order_` goes when it is the oldest.
    if (!found->second->is_good()) {
        callers_.erase(found);
        return nullptr;
    }
    return found->second;
}

void CallerCache::put(const std::string& hash, std::shared_ptr<const Caller> caller) {
    const base::MutexLock lock(mutex_);
    while (order_.size() >= most_) {
        callers_.erase(order_.front());
        order_.pop_front();
    }
    if (callers_.insert_or_assign(hash, std::move(caller)).second) order_.push_back(hash);
}

std::shared_ptr<access::RequestRate> CallerCache::rate_of(const std::string& id) {
    const base::MutexLock lock(mutex_);
    if (rates_.size() >= clean_at_) forget_idle_rates();
    std::weak_ptr<access::RequestRate>& known = rates_[id];
    auto rate = known.lock();
    if (!rate) {
        rate = std::make_shared<access::RequestRate>();
        known = rate;
    }
    return rate;
}

void CallerCache::forget_idle_rates() {
    std::erase_if(rates_, [](const auto& one) { return one.second.expired(); });
    clean_at_ = std::max<size_t>(1024, 2 * rates_.size());
}

size_t CallerCache::size() const {
    const base::MutexLock lock(mutex_);
    return callers_.size();
}

}  // namespace snapgate::identity

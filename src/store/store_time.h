#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace snapgate::store {

// A clock that never goes back, also across restarts: it begins at the newest time that is in the
// store. Any thread.
class StoreTime {
  public:
    StoreTime(const base::Clock& clock, int64_t newest_ms) : clock_(clock), newest_(newest_ms) {}

    int64_t now_ms() const {
        int64_t now = clock_.now_ms();
        int64_t newest = newest_.load(std::memory_order_relaxed);
        while (newest < now &&
               !newest_.compare_exchange_weak(newest, now, std::memory_order_relaxed)) {
        }
        return std::max(newest, now);
    }

  private:
    const base::Clock& clock_;
    mutable std::atomic<int64_t> newest_;
};

}  // namespace snapgate::store

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/annotations.h"

namespace snapgate::net {

// How many connections there are. Any thread may call; outlives every connection.
class ConnectionCounts {
  public:
    // An accepted connection, `served` or about to be refused, until leave().
    void enter(bool served) {
        accepted_.fetch_add(1, std::memory_order_relaxed);
        if (served) {
            served_.fetch_add(1, std::memory_order_relaxed);
        } else {
            refused_.fetch_add(1, std::memory_order_relaxed);
        }
        const base::MutexLock lock(mutex_);
        ++alive_;
    }
    void leave(bool served) {
        if (served) served_.fetch_sub(1, std::memory_order_relaxed);
        const base::MutexLock lock(mutex_);
        if (--alive_ == 0) none_.notify_all();
    }
    // Refused ones count as well. False if some are left after `time`.
    bool wait_for_none(std::chrono::milliseconds time) {
        const auto deadline = std::chrono::steady_clock::now() + time;
        const base::MutexLock lock(mutex_);
        while (alive_ > 0) {
            if (none_.wait_until(mutex_, deadline) == std::cv_status::timeout) return alive_ == 0;
        }
        return true;
    }

    uint64_t open() const { return served_.load(std::memory_order_relaxed); }
    uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
    uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
    uint64_t alive() {
        const base::MutexLock lock(mutex_);
        return alive_;
    }

  private:
    std::atomic<uint64_t> served_{0};
    std::atomic<uint64_t> accepted_{0};
    std::atomic<uint64_t> refused_{0};
    base::Mutex mutex_;
    base::Condition none_;
    uint64_t alive_ SNAPGATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace snapgate::net

#pragma once

#include <optional>

#include "base/annotations.h"
#include "base/result.h"

namespace snapgate::store {

// Hands the result of one write from the writer thread to the thread that waits for it.
class Waiter {
  public:
    void set(base::Result<void> result) {
        // Notify under the lock: the waiting thread destroys this object as soon as it wakes.
        base::MutexLock lock(mutex_);
        result_ = std::move(result);
        ready_.notify_one();
    }

    base::Result<void> wait() {
        base::MutexLock lock(mutex_);
        while (!result_) ready_.wait(mutex_);
        return std::move(*result_);
    }

  private:
    base::Mutex mutex_;
    base::Condition ready_;
    std::optional<base::Result<void>> result_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::store

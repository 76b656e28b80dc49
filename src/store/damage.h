#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/annotations.h"
#include "base/error.h"
#include "engine/environment.h"
#include "store/store.h"

namespace snapgate::store {

// The cluster that a row belongs to; nullopt for a row of no cluster.
std::optional<ClusterNumber> cluster_of_row(std::string_view key);

// What a row is, read from its key, which may be damaged itself.
DamagedRow describe_row(std::string_view key);

// Notes the rows that were found damaged, or were sought on damaged pages. Any thread.
class Damage {
  public:
    // The error for whoever read the row, or sought it; kCorrupt.
    base::Error found(std::string_view key, engine::Fault fault) SNAPGATE_EXCLUDES(mutex_);

    uint64_t count() const { return count_.load(std::memory_order_relaxed); }
    // Told of each of them from now on, on the thread that found it; must be short.
    void tell(std::function<void(const DamagedRow&)> listener) SNAPGATE_EXCLUDES(mutex_);

  private:
    std::atomic<uint64_t> count_ = 0;
    base::Mutex mutex_;
    std::function<void(const DamagedRow&)> listener_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::store

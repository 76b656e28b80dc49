#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/annotations.h"
#include "base/clock.h"
#include "store/held_state.h"

namespace snapgate::store {

// The revisions that compaction must leave readable, and until when. Any thread. A hold may outlive
// the store and the clock.
class Holds : public std::enable_shared_from_this<Holds> {
  public:
    explicit Holds(const base::Clock& clock) : clock_(clock) {}

    // Holds the states until the result is destroyed, or until the time `most` has passed. It costs
    // 16 bytes for each.
    std::shared_ptr<void> hold(std::vector<HeldState> states, base::Millis most);
    // The oldest held revision of the cluster; UINT64_MAX if there is none.
    model::Revision oldest(model::ClusterNumber cluster) const;

    // How many there are, and the time that the oldest one has lasted.
    struct Count {
        uint64_t holds = 0;
        base::Millis longest{0};
    };
    Count count() const;

  private:
    struct Hold {
        std::vector<HeldState> states;  // in order
        int64_t since_ms = 0;           // by the monotonic clock
        int64_t until_ms = 0;
    };

    void release(uint64_t id);

    const base::Clock& clock_;
    mutable base::Mutex mutex_;
    std::map<uint64_t, Hold> holds_ SNAPGATE_GUARDED_BY(mutex_);
    uint64_t next_ SNAPGATE_GUARDED_BY(mutex_) = 1;
};

}  // namespace snapgate::store

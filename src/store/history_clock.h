#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace snapgate::store {

// The clock of history: heads are dated by it, and compaction and the expiry of continue tokens go
// by it. It runs with the monotonic clock, so a jump of the system's clock does not move it. It is
// never ahead of the system's clock at the start, and may be behind it by any time: what passes
// while no server runs is not counted. Any thread.
class HistoryClock {
  public:
    // `stored_ms`: the newest time in the store; 0 in a new store.
    HistoryClock(const base::Clock& clock, int64_t stored_ms) : clock_(clock) {
        const int64_t now = clock.now_ms();
        set(stored_ms == 0 ? now : std::min(stored_ms, now));
    }

    int64_t now_ms() const {
        return clock_.steady_ms() + from_steady_.load(std::memory_order_relaxed);
    }
    // What the system's clock shows.
    int64_t system_ms() const { return clock_.now_ms(); }
    // How far it is ahead of the system's clock; negative if it is behind.
    int64_t ahead_ms() const { return now_ms() - clock_.now_ms(); }
    // Makes it show the system's time. Stored times may be ahead of it then, and must be set back
    // as well.
    void set_to_system() { set(clock_.now_ms()); }

  private:
    void set(int64_t now_ms) { from_steady_ = now_ms - clock_.steady_ms(); }

    const base::Clock& clock_;
    std::atomic<int64_t> from_steady_ = 0;
};

}  // namespace snapgate::store

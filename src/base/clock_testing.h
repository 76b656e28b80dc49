#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace snapgate::base {

// For tests: a clock that stands still until the test moves it. Any thread.
class TestClock : public Clock {
  public:
    explicit TestClock(int64_t now_ms = 1'700'000'000'000) : now_(now_ms) {}

    int64_t now_ms() const override { return now_.load(); }
    int64_t steady_ms() const override { return steady_.load(); }

    // Time passes.
    void advance(int64_t ms) {
        steady_ += ms;
        now_ += ms;
    }
    // Somebody sets the system's clock, forward or back; no time passes.
    void step(int64_t ms) { now_ += ms; }

  private:
    std::atomic<int64_t> now_;
    std::atomic<int64_t> steady_ = 5'000'000;
};

}  // namespace snapgate::base

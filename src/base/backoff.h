#pragma once

#include <chrono>

namespace snapgate::base {

// How long to wait before the next attempt: doubled from `first` to `most`, plus up to as much
// again at random, so that those who lost the same server do not come back together. Begins anew
// when nothing failed for `quiet`. The numbers are client-go's. One thread.
class Backoff {
  public:
    using Clock = std::chrono::steady_clock;
    using Millis = std::chrono::milliseconds;

    Backoff(Millis first, Millis most, Millis quiet) : first_(first), most_(most), quiet_(quiet) {}

    Millis next(Clock::time_point now);
    void reset() { base_ = Millis(0); }

  private:
    Millis first_;
    Millis most_;
    Millis quiet_;
    Millis base_{0};
    Clock::time_point last_;
};

}  // namespace snapgate::base

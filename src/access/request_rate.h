#pragma once

#include <atomic>
#include <cstdint>

#include "base/result.h"

namespace snapgate::access {

// How often one caller may ask.
struct RateLimit {
    uint64_t rate = 0;   // requests a second in the long run; 0: as often as it likes
    uint64_t burst = 1;  // requests at once, at least 1, after a time without any
};

// The requests of one caller, held to a limit. Any thread.
class RequestRate {
  public:
    // Counts one at `now_ms` of the monotonic clock. kTooManyRequests, with the seconds to wait, if
    // there are too many.
    base::Result<void> count(RateLimit limit, int64_t now_ms);

  private:
    // When the requests that were counted would be over, were they made at the limit's rate: in
    // microseconds of the monotonic clock.
    std::atomic<int64_t> paid_until_us_ = 0;
};

}  // namespace snapgate::access

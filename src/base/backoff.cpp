#include "base/backoff.h"

#include <algorithm>

#include "base/random_time.h"

namespace snapgate::base {

Backoff::Millis Backoff::next(Clock::time_point now) {
    if (base_ == Millis(0) || now - last_ > quiet_) {
        base_ = first_;
    } else {
        base_ = std::min(base_ * 2, most_);
    }
    const Millis delay = base_ + random_up_to(base_);
    last_ = now + delay;
    return delay;
}

}  // namespace snapgate::base

#include "base/backoff.h"

#include <algorithm>
#include <cstdint>

#include "base/crypto.h"

namespace snapgate::base {

Backoff::Millis Backoff::next(Clock::time_point now) {
    if (base_ == Millis(0) || now - last_ > quiet_) {
        base_ = first_;
    } else {
        base_ = std::min(base_ * 2, most_);
    }
    const Millis delay = base_ + Millis(random_below(static_cast<uint64_t>(base_.count()) + 1));
    last_ = now + delay;
    return delay;
}

std::chrono::milliseconds spread(std::chrono::milliseconds time) {
    const auto most = static_cast<uint64_t>(time.count()) / 10;
    return time - std::chrono::milliseconds(random_below(most + 1));
}

}  // namespace snapgate::base

#include "cluster/backoff.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/crypto.h"

namespace snapgate::cluster {

Backoff::Millis Backoff::next(Clock::time_point now) {
    if (base_ == Millis(0) || now - last_ > quiet_) {
        base_ = first_;
    } else {
        base_ = std::min(base_ * 2, most_);
    }
    uint32_t random = 0;
    std::memcpy(&random, base::random_bytes(sizeof(random)).data(), sizeof(random));
    const Millis delay = base_ + Millis(random % (static_cast<uint32_t>(base_.count()) + 1));
    last_ = now + delay;
    return delay;
}

}  // namespace snapgate::cluster

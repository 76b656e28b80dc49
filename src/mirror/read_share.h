#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace snapgate::mirror {

// What one cluster may send: so many bytes at once, and so many in a second on average. The list of
// half a million snapshots comes at full speed; one without an end, and a watch without an end,
// fill the store and its history no faster than that. While nobody reads, TCP holds the cluster
// back. One thread.
class ReadShare {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr int64_t kMostAtOnce = 1 << 30;
    static constexpr int64_t kMostInASecond = 32 << 20;

    explicit ReadShare(Clock::time_point now) : counted_(now) {}

    // How long to wait after `bytes` were read.
    std::chrono::milliseconds take(size_t bytes, Clock::time_point now) {
        using std::chrono::microseconds;
        // No longer than it takes to have the whole share again, and what is owed: the product
        // stays small.
        constexpr microseconds kLong{2 * 1'000'000 * (kMostAtOnce / kMostInASecond)};
        const auto passed = std::clamp(std::chrono::duration_cast<microseconds>(now - counted_),
                                       microseconds(0), kLong);
        left_ = std::min(left_ + passed.count() * kMostInASecond / 1'000'000, kMostAtOnce);
        left_ -= static_cast<int64_t>(bytes);
        counted_ = now;
        if (left_ >= 0) return {};
        return std::chrono::milliseconds(-left_ * 1'000 / kMostInASecond + 1);
    }

  private:
    int64_t left_ = kMostAtOnce;  // below 0: what must be waited for
    Clock::time_point counted_;
};

}  // namespace snapgate::mirror

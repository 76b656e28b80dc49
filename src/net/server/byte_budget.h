#pragma once

#include <atomic>
#include <cstdint>

namespace snapgate::net {

// A bound on bytes that several requests hold at a time (held_bytes.h). Any thread may call.
class ByteBudget {
  public:
    explicit ByteBudget(uint64_t most) : most_(most) {}

    // False, and nothing is taken, if that would be more than the budget has.
    bool take(uint64_t bytes) {
        uint64_t held = held_.load(std::memory_order_relaxed);
        do {
            if (bytes > most_ || held > most_ - bytes) return false;
        } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
        return true;
    }
    // Takes them even if that is more than the budget has.
    void take_anyway(uint64_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }
    void give(uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

    uint64_t most() const { return most_; }
    uint64_t held() const { return held_.load(std::memory_order_relaxed); }

  private:
    const uint64_t most_;
    std::atomic<uint64_t> held_{0};
};

}  // namespace snapgate::net

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "net/client/messages.h"

namespace snapgate::connect {

// What became of the requests to one cluster, for the metrics. Any thread.
class CallCounts {
  public:
    // How a request ended.
    enum class Outcome : uint8_t {
        kNone,  // no answer came
        k2xx,
        k3xx,
        k4xx,
        k5xx,
    };
    static constexpr size_t kOutcomes = 5;

    struct Counts {
        std::array<uint64_t, kOutcomes> by_outcome{};  // by the value of the Outcome
        double seconds = 0;                            // until the heads of answers came, in all
        // How far the cluster's clock is ahead of ours by its last answer, exact to a second.
        double clock_offset_seconds = 0;
        bool has_clock = false;  // an answer said a time

        void add(const Counts& other);  // but for the clock
    };

    // The head of an answer came, so long after it was asked for.
    void answered(const net::ClientResponse& answer, std::chrono::nanoseconds took);
    // None came, for so long.
    void failed(std::chrono::nanoseconds took) { add(Outcome::kNone, took); }
    Counts counts() const;

  private:
    void add(Outcome outcome, std::chrono::nanoseconds took);

    std::array<std::atomic<uint64_t>, kOutcomes> by_outcome_{};
    std::atomic<uint64_t> nanoseconds_ = 0;
    std::atomic<int64_t> offset_ms_ = 0;
    std::atomic<bool> has_clock_ = false;
};

}  // namespace snapgate::connect

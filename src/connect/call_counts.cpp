#include "connect/call_counts.h"

#include "base/clock.h"
#include "net/http/http_date.h"

namespace snapgate::connect {
namespace {

CallCounts::Outcome outcome_of(unsigned status) {
    const unsigned hundreds = status / 100;
    if (hundreds < 2 || hundreds > 5) return CallCounts::Outcome::kNone;
    return static_cast<CallCounts::Outcome>(hundreds - 1);
}

}  // namespace

void CallCounts::Counts::add(const Counts& other) {
    for (size_t i = 0; i < kOutcomes; ++i) by_outcome.at(i) += other.by_outcome.at(i);
    seconds += other.seconds;
}

void CallCounts::answered(const net::ClientResponse& answer, std::chrono::nanoseconds took) {
    add(outcome_of(answer.status), took);
    const auto date = answer.header("Date");
    const auto theirs_ms = date ? net::parse_http_date(*date) : std::nullopt;
    if (!theirs_ms) return;
    // The date has no fraction: on the average it was half a second later.
    constexpr int64_t kHalfSecond = 500;
    offset_ms_.store(*theirs_ms + kHalfSecond - base::system_clock().now_ms(),
                     std::memory_order_relaxed);
    has_clock_.store(true, std::memory_order_release);
}

CallCounts::Counts CallCounts::counts() const {
    Counts counts;
    for (size_t i = 0; i < kOutcomes; ++i)
        counts.by_outcome.at(i) = by_outcome_.at(i).load(std::memory_order_relaxed);
    counts.seconds = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
    counts.has_clock = has_clock_.load(std::memory_order_acquire);
    counts.clock_offset_seconds =
        static_cast<double>(offset_ms_.load(std::memory_order_relaxed)) / 1000;
    return counts;
}

void CallCounts::add(Outcome outcome, std::chrono::nanoseconds took) {
    by_outcome_.at(static_cast<size_t>(outcome)).fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<uint64_t>(took.count()), std::memory_order_relaxed);
}

}  // namespace snapgate::connect

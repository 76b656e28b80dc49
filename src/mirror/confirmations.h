#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>

#include "base/result.h"

namespace snapgate::mirror {

// Those who wait until a mirror is confirmed, each until a time. One thread, on which each is
// answered, once.
class Confirmations {
  public:
    using Clock = std::chrono::steady_clock;
    using Done = std::function<void(base::Result<void>)>;

    // `until` must not be earlier than that of anybody who waits already.
    void wait(Done done, Clock::time_point until);
    bool empty() const { return waiting_.empty(); }
    // When the first of those who wait has waited for long enough; nullopt if nobody waits.
    std::optional<Clock::time_point> first_until() const;

    // Answers all.
    void answer(const base::Result<void>& result);
    // Answers those whose time is over.
    void answer_late(Clock::time_point now, const base::Error& error);

  private:
    struct Waiting {
        Done done;
        Clock::time_point until;
    };
    std::deque<Waiting> waiting_;
};

}  // namespace snapgate::mirror

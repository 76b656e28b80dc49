#include "mirror/confirmations.h"

#include <utility>

namespace snapgate::mirror {

void Confirmations::wait(Done done, Clock::time_point until) {
    waiting_.push_back({std::move(done), until});
}

std::optional<Confirmations::Clock::time_point> Confirmations::first_until() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front().until;
}

void Confirmations::answer(const base::Result<void>& result) {
    for (const Waiting& one : std::exchange(waiting_, {})) one.done(result);
}

void Confirmations::answer_late(Clock::time_point now, const base::Error& error) {
    while (!waiting_.empty() && waiting_.front().until <= now) {
        const Done done = std::move(waiting_.front().done);
        waiting_.pop_front();
        done(error);
    }
}

}  // namespace snapgate::mirror

#include "mirror/liveness.h"

#include <algorithm>

namespace snapgate::mirror {

using std::chrono::milliseconds;

namespace {

using What = LivenessStep::What;

// The pause between two looks whether the next watch is open.
constexpr milliseconds kReopens{20};

milliseconds until(Liveness::Clock::time_point then, Liveness::Clock::time_point now) {
    return std::max(std::chrono::ceil<milliseconds>(then - now), milliseconds(1));
}

}  // namespace

LivenessStep next_step(const Liveness& now, const ProbeTimes& probe,
                       Liveness::Clock::time_point time) {
    if (!now.watching) {
        if (!now.asked) return {What::kWait, kUntilWoken};
        if (now.reopening) return {What::kWait, kReopens};
        return {What::kRefuse, {}};
    }
    const bool busy = time < now.busy_until;
    // Nobody who asks can wait for a comparison: it takes longer.
    if (now.asked && (busy || now.doubt > Doubt::kAnswer)) return {What::kRefuse, {}};
    if (now.doubt == Doubt::kVersions) return {What::kWait, kUntilWoken};
    if (busy) return {What::kWait, until(now.busy_until, time)};
    if (now.doubt == Doubt::kContent) return {What::kCompare, {}};
    if (now.asked || now.probe_at_once || now.doubt == Doubt::kAnswer) return {What::kProbe, {}};
    auto due = std::min(now.heard + probe.silent, now.proved + probe.unasked);
    due -= due.time_since_epoch() % probe.step;
    if (time >= due) return {What::kProbe, {}};
    return {What::kWait, until(due, time)};
}

Doubt doubt_after(milliseconds away, milliseconds lost, bool failed) {
    if (away > lost) return Doubt::kContent;
    return failed ? Doubt::kAnswer : Doubt::kNone;
}

}  // namespace snapgate::mirror

#include "cluster/liveness.h"

#include <algorithm>

namespace snapgate::cluster {

using std::chrono::milliseconds;

namespace {

using What = LivenessStep::What;

// Nothing happens without a change, which ends the wait.
constexpr milliseconds kUntilAChange{3'600'000};
// Between two looks whether the next watch is open.
constexpr milliseconds kReopens{20};

}  // namespace

LivenessStep next_step(const Liveness& now, milliseconds probe, Liveness::Clock::time_point time) {
    if (!now.watching) {
        if (!now.asked) return {What::kWait, kUntilAChange};
        if (now.reopening) return {What::kWait, kReopens};
        return {What::kRefuse, {}};
    }
    // A comparison takes longer than anybody waits.
    if (now.asked && now.doubt > Doubt::kAnswer) return {What::kRefuse, {}};
    if (now.doubt == Doubt::kVersions) return {What::kWait, kUntilAChange};
    if (now.doubt == Doubt::kContent) return {What::kCompare, {}};
    if (now.asked || now.probe_at_once || now.doubt == Doubt::kAnswer) return {What::kProbe, {}};
    const auto silent = time - now.heard;
    if (silent >= probe) return {What::kProbe, {}};
    return {What::kWait,
            std::max(std::chrono::ceil<milliseconds>(probe - silent), milliseconds(1))};
}

Doubt doubt_after(milliseconds away, milliseconds lost, bool failed) {
    if (away > lost) return Doubt::kContent;
    return failed ? Doubt::kAnswer : Doubt::kNone;
}

}  // namespace snapgate::cluster

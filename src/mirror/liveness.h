#pragma once

#include <chrono>
#include <cstdint>

namespace snapgate::mirror {

// How a reflector knows that its mirror is what the cluster has. A watch that says nothing proves
// nothing, and is no fault either: a Kubernetes API server sends no bookmark where nothing changes.
// So a silent cluster is asked for its version (a probe), and now and then one whose watch is
// heard, too: a watch does not show that the cluster's versions went back. If it is too busy to
// answer, that proves nothing either, and it is asked again later. A mirror that was out of touch
// is compared with the cluster before it counts as equal again. Decisions alone, no I/O. Any
// thread.

// What is not known of a mirror, the worst last.
enum class Doubt : uint8_t {
    kNone,      // it follows the cluster
    kAnswer,    // the cluster has to answer once
    kContent,   // it has to be compared with the cluster
    kVersions,  // versions prove nothing any more: a whole list is taken
};

// How it stands with one mirror at a moment.
struct Liveness {
    using Clock = std::chrono::steady_clock;

    bool watching = false;   // a watch is open
    bool reopening = false;  // none is, but the next one is about to be
    bool asked = false;      // somebody waits for a confirmation
    bool probe_at_once = false;
    Doubt doubt = Doubt::kNone;
    Clock::time_point heard;       // when the cluster last confirmed the mirror
    Clock::time_point proved;      // and when by more than the watch
    Clock::time_point busy_until;  // it said that it has no time, and when to come again
};

// What to do next.
struct LivenessStep {
    enum class What : uint8_t {
        kWait,     // for `wait`, or until something changes
        kProbe,    // ask the cluster for its version
        kCompare,  // compare the mirror with the cluster
        kRefuse,   // tell who waits that the mirror cannot be confirmed
    };
    What what = What::kWait;
    std::chrono::milliseconds wait{0};
};
// After which time a cluster is asked.
struct ProbeTimes {
    std::chrono::milliseconds silent;   // of silence
    std::chrono::milliseconds unasked;  // since the last proof, whatever the watch says
    // The clock's steps of this length are when it is asked, the one before it is due: so many
    // clusters are asked in one go. More than zero, and far less than the other two: a moment that
    // is past when the answer comes would lead to the next question without a pause.
    std::chrono::milliseconds step;
};
// The wait of one who waits for a change: the change ends it.
inline constexpr std::chrono::milliseconds kUntilWoken{3'600'000};

LivenessStep next_step(const Liveness& now, const ProbeTimes& probe,
                       Liveness::Clock::time_point time);

// What a watch that goes on from the version held leaves open, after nothing was heard for `away`:
// for longer than `lost`, the cluster may have been restored meanwhile, or be another one.
// `failed`: an attempt to open it failed before.
Doubt doubt_after(std::chrono::milliseconds away, std::chrono::milliseconds lost, bool failed);

}  // namespace snapgate::mirror

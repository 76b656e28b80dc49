#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "mirror/reflector_times.h"
#include "mirror/session.h"
#include "mirror/setback.h"

namespace snapgate::mirror {

// The moves that the events of a session have in common: into the next stage, back after a failure,
// and what is known of the mirror afterwards. Each changes the step's session and adds actions to
// the step. session.cpp says which event makes which moves.
class SessionMoves {
  protected:
    using Next = Setback::Next;

    // After so many attempts without a pause there is one.
    static constexpr size_t kMostHurried = 3;
    // About this long after a watch was opened, earlier changes may still be on their way.
    static constexpr std::chrono::milliseconds kSettles{100};

    // All three outlive it.
    SessionMoves(SessionStep& step, const Moment& now, const ReflectorTimes& times)
        : step_(step), s_(step.session), now_(now), times_(times) {}

    void act(Action action) { step_.actions.push_back(action); }

    // From stage to stage.
    //
    // Begins an attempt with the first stage that it needs.
    void attempt();
    // The same after another connection was set: what the old one came to says nothing about the
    // new one.
    void begin_anew();
    bool needs_list() const { return s_.need != Next::kSame || s_.version.empty(); }
    // At least this list is needed before the next watch. A list of the newest state does for every
    // other list.
    void require(Next next);
    void take_list();
    void follow();
    // A watch that was open for long was no failure, however it ended.
    void note_useful_watch();
    // The mirror lacks what changes from now on. The caller sets the stage.
    void stop_following();
    // The open watch is not followed any more, though its stream has not ended yet.
    void close();
    // Ends the watch for a reason of ours, which is told in place of the connection's end.
    void end_watch(Setback setback);
    // Into the pause after a failure, or into the next attempt at once.
    void set_back(Setback setback);
    void end();

    // What is known of the mirror.
    //
    // The mirror is what the cluster has now.
    void confirm();
    // Versions prove nothing any more: ends the watch for that reason, and takes the newest list.
    void doubt_versions(Setback setback, Action tell = Action::kTellDoubt);
    void raise_doubt(Doubt doubt);
    // The cluster is there, and the watch is as good as before. Whether the mirror equals it shows
    // later.
    void note_busy(const Setback& setback);
    void note_skipped(uint64_t count, const std::string& example);
    void note_state(MirrorState state, std::string reason, std::string message);

    SessionStep& step_;
    Session& s_;
    const Moment& now_;
    const ReflectorTimes& times_;

  private:
    void close_for(Setback setback);
    void tell_recovery();
};

}  // namespace snapgate::mirror

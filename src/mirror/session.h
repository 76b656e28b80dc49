#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mirror/liveness.h"
#include "mirror/mirror_status.h"
#include "mirror/reflector_times.h"
#include "mirror/session_event.h"
#include "mirror/setback.h"
#include "mirror/told_failures.h"

// The session of a reflector: everything that is decided about following one kind of object of one
// cluster, and nothing that is done. A Session is a plain value. next() takes it and one event and
// gives back the session after it, and the actions that the reflector has to carry out at once.
// There is no I/O and no clock here: each event (session_event.h) comes with its moment, so that a
// table of (state, event, next state, actions) tests all of it (session_test.cpp).
//
// The order of the stages. An attempt begins with the first stage that it needs; every stage can
// fail, which ends the attempt:
//
//     an attempt   -> kDiscover, kAskServer, kList or kCollect, or kOpen
//     kDiscover    -> kList or kCollect, or kOpen
//     kAskServer   -> kList or kCollect
//     kList        -> kOpen, or the next attempt (another connection is to be used)
//     kCollect     -> kFollow, or kClose (another connection is to be used)
//     kOpen        -> kFollow, or kClose (another connection is to be used)
//     kFollow      -> kClose (we end the watch), or the next attempt (the cluster ended it)
//     kClose       -> the next attempt, or kPause
//     a failure    -> kPause, or the next attempt at once
//     kNew, kPause -> the next attempt
//     any stage    -> kEnd (a stop, or the cluster was removed here)
//
//   * kDiscover is left out once the cluster's versions of the kind are known. A 404 and another
//     connection make the session forget them.
//   * kAskServer is only for a cluster that failed since it was asked: it may have been upgraded,
//     and WatchList depends on the server's version.
//   * kList or kCollect is left out where the watch can go on from the last version seen. Which of
//     them is taken depends on whether the cluster serves WatchLists; one that is refused, or the
//     second that fails, leads to kList for as long as the server's version stays the same.
//   * kFollow lasts until the stream ends. kClose is there because the decision to end a watch
//     comes from beside it (a probe, a comparison, another connection), while the coroutine that
//     reads the stream still has to notice: nothing that is read meanwhile counts as confirmed.
//
// How a failure is judged. `Setback` (setback.h) says what one failure means for the next attempt:
// the same again, a list, the newest list, a discovery. `need` remembers the strongest of these
// until a list was published. Some failures are tried again at once, kMostHurried times one after
// another; all others wait for the backoff. Without that bound, a cluster that answers each watch
// with 410 would be asked without a pause.
//
// What is known of the mirror while a watch is open. A watch that goes on from a version is no
// proof: the cluster may have been restored, or replaced by another, while nothing was heard. So
// `doubt` (liveness.h) is raised when a watch opens after a loss, and only an answer of the cluster
// or a comparison takes it back. `heard`, `settled` and `stopped_following` are the moments from
// which session_status.h derives what callers see; no timer has to change the state for that.
//
// Rejected: a coroutine per stage that decides for itself, with shared flags between the coroutines
// of one reflector. That was the first form. Each of some ten flags was easy, but the rules about
// their combinations stood in five files, and only tests with a real connection reached them.
// Rejected as well: one coroutine that waits for all sources of events. Asio's `||` cancels the
// side that loses, and a half-read frame cannot be cancelled and gone on with.

namespace snapgate::mirror {

enum class Stage : uint8_t {
    kNew,        // nothing was done yet
    kDiscover,   // asks which versions of the kind the cluster serves
    kAskServer,  // asks again which version of Kubernetes it is
    kList,       // takes in a list of everything
    kCollect,    // the same from a watch that begins with the state (WatchList)
    kOpen,       // opens a watch from the last version seen
    kFollow,     // a watch is open
    kClose,      // it is about to end, as we want it to
    kPause,      // waits before the next attempt
    kEnd,        // stopped, or the cluster was removed here
};
std::string_view to_text(Stage stage);

// When something happened.
struct Moment {
    std::chrono::steady_clock::time_point time;
    // The same in milliseconds since the epoch, for what is shown. It does not jump, so it can
    // differ from the system's clock.
    int64_t wall_ms = 0;
};

struct Session {
    using Time = std::chrono::steady_clock::time_point;
    using Next = Setback::Next;

    Stage stage = Stage::kNew;
    // Which list is needed before a watch may be opened: kSame (none), kRelist or kRelistNewest.
    Next need = Next::kSame;
    std::string version;  // the last one seen; "" before the first list

    // What is known of the cluster's server.
    bool discovered = false;
    std::string served;                 // the version of the kind that is asked for
    std::string server_version;         // of Kubernetes, as text
    bool watch_list = false;            // it serves WatchLists
    std::string watch_list_refused_by;  // the server version that did not serve one
    size_t watch_list_failures = 0;
    size_t refused_lists = 0;  // in a row, each for the request that it was

    // Another connection is to be used since the attempt began: its results prove nothing.
    bool changed = false;
    // How often attempts followed one another without a pause, or by the server's own Retry-After.
    size_t hurried = 0;
    size_t retries_after = 0;
    // In kPause: how long the server wants it to last; nullopt for the backoff's own pause.
    std::optional<std::chrono::milliseconds> retry_after;
    ToldFailures told;  // to the log

    Time opened;                     // of the watch
    std::optional<Setback> closing;  // in kClose: why, told in place of the connection's end

    // Liveness. A confirmation is a list, an answer to a probe, or a comparison after a loss, each
    // of which shows that the mirror is what the cluster has.
    //
    //   field             | set by                    | cleared by        | read for
    //   away_since        | the begin, a failure, the | a confirmation, a | the doubt of the
    //                     | end of a watch            | watch sure at     | next watch
    //                     |                           | once              |
    //   failed_since      | the begin, a failure that | a confirmation    | the same; whether
    //                     | leads to kPause           |                   | to kAskServer
    //   doubt             | a watch after a loss, a   | a confirmation    | the state and the
    //                     | difference found, another |                   | age shown, what to
    //                     | connection, a crash       |                   | do (liveness.h)
    //   heard             | bytes of the watch, a     | never             | the age shown, when
    //                     | confirmation              |                   | to probe
    //   proved            | a confirmation            | never             | when to probe
    //   settled           | the begin of a watch, its | never             | the state and the
    //                     | changes                   |                   | age shown
    //   stopped_following | the end of a watch        | never             | the state shown, if a
    //                     |                           |                   | watch opens soon
    //
    // Since when the mirror may lack changes; empty while it follows without doubt.
    std::optional<Time> away_since;
    bool failed_since = false;  // an attempt failed since then
    Doubt doubt = Doubt::kNone;
    bool probe_at_once = false;
    Time heard;   // when the cluster last told, or confirmed, what the mirror has
    Time proved;  // when it last confirmed it
    Time stopped_following;
    Time settled;     // what came before the watch was open is on its way until then
    Time busy_until;  // the cluster is not asked before
    std::string busy_message;

    MirrorStatus status;  // what shown_status() begins with

    bool following() const { return stage == Stage::kFollow; }
    bool ended() const { return stage == Stage::kEnd; }
};

// What the reflector does at once. What it does next, in its own time, the stage says.
enum class Action : uint8_t {
    kInterrupt,     // ends what is under way with the cluster
    kEndPause,      // ends the pause; if there is none, skips the next one (Alarm::ring)
    kResetBackoff,  // the next pause is short again
    kLook,          // looks at its liveness anew
    kConfirm,       // tells who waits for a confirmation that the mirror is what the cluster has
    kRefuse,        // tells them that it cannot be confirmed, by what is shown
    // With the step's `why`:
    kRefuseForThat,   // tells them so with its message
    kTellSetback,     // logs that the cluster cannot be followed
    kTellRecovery,    // logs that it is followed again, after what its message says
    kTellDoubt,       // logs that the cluster is listed again, as its versions prove nothing
    kTellDifference,  // logs that a comparison from time to time found the mirror different
};

struct SessionStep {
    Session session;
    std::vector<Action> actions;
    Setback why;
};
SessionStep next(Session session, const SessionEvent& event, const Moment& now,
                 const ReflectorTimes& times);

// Whether a list of that version makes those who knew earlier versions begin anew: after a restore,
// or where the newest list was taken, the versions told until then may come again with other
// content.
bool forgets_versions(const Session& session, std::string_view listed);

}  // namespace snapgate::mirror

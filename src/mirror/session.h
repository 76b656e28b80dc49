#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mirror/liveness.h"
#include "mirror/mirror_status.h"
#include "mirror/reflector_times.h"
#include "mirror/setback.h"
#include "mirror/told_failures.h"

// The session of a reflector: everything that is decided about following one kind of object of one
// cluster, and nothing that is done. A Session is a plain value. next() takes it and one event and
// gives back the session after it, and the actions that the reflector has to carry out at once.
// There is no I/O and no clock here: each event comes with its moment, so that a table of (state,
// event, next state, actions) tests all of it (session_test.cpp).
//
// The order of the stages. An attempt begins with the first stage that it needs; every stage can
// fail, which ends the attempt:
//
//     an attempt   -> kDiscover, kAskServer, kList or kCollect, or kOpen
//     kDiscover    -> kList or kCollect, or kOpen
//     kAskServer  -> kList or kCollect
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
//     them is taken depends on whether the cluster serves WatchLists; one that is refused leads to
//     kList for as long as the server's version stays the same.
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
// which shown_status() derives what callers see; no timer has to change the state for that.
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
    Time heard;  // when the cluster last told, or confirmed, what the mirror has
    Time stopped_following;
    Time settled;     // what came before the watch was open is on its way until then
    Time busy_until;  // the cluster is not asked before
    std::string busy_message;

    MirrorStatus status;  // what shown_status() begins with

    bool following() const { return stage == Stage::kFollow; }
    bool ended() const { return stage == Stage::kEnd; }
};

// What a session is told.
namespace event {

// The reflector begins, also again after a bug. `held`: the version of the mirror in the store, ""
// for none; nullopt if the store did not say.
struct Begun {
    std::optional<std::string> held;
};
// `told`: the cluster said which versions it serves. If false, it refused the question, and the
// best version that is known here is tried.
struct Discovered {
    std::string served;
    bool told = true;
};
// The server's version of Kubernetes; nullopt where it hides it.
struct Learned {
    struct Server {
        std::string text;
        bool serves_watch_list = false;
    };
    std::optional<Server> server;
};
// A list of everything is published in the mirror.
struct Listed {
    std::string version;
    // Objects that cannot be shown, and one of them with the reason.
    uint64_t skipped = 0;
    std::string example;
};
// A watch is open; in kCollect: the one that begins with the state.
struct Opened {};
// Some bytes of the open watch came.
struct Heard {};
// The mirror has `events` more changes of the watch, up to `version`; none for a bookmark.
struct Applied {
    std::string version;
    uint64_t events = 0;
};
// Other objects than before cannot be shown; `example` is one of them with the reason.
struct Skipped {
    uint64_t count = 0;
    std::string example;
};
// The stage's work failed. `list_instead`: a WatchList said what only a list can mend.
struct Failed {
    Setback setback;
    bool list_instead = false;
};
// The watch's stream ended; `setback` if not in good order. `frames`: how many it had.
struct Ended {
    std::optional<Setback> setback;
    size_t frames = 0;
};
// The pause is over.
struct Waited {};
// Another connection is to be used from now on.
struct SourceChanged {};
struct RetryAsked {};
// A probe begins.
struct Asked {};
// A probe ended: the cluster's own version, where `held` was the session's when it began.
struct Answered {
    std::string held;
    Outcome<std::string> told;
};
// A comparison after a loss ended: what differs, "" for nothing. `skipped_changed`: what cannot be
// shown changed meanwhile. Such an object is missing on one side only, so a difference proves
// nothing.
struct Compared {
    Outcome<std::string> difference;
    bool skipped_changed = false;
    // Another connection is used since it began: it says nothing about the cluster of now.
    bool old_connection = false;
};
// A comparison from time to time ended, in the same words.
struct Checked {
    Outcome<std::string> difference;
    bool skipped_changed = false;
    bool old_connection = false;
};
struct Crashed {};  // one of the reflector's coroutines ended by a bug
struct Stopped {};

}  // namespace event

using SessionEvent =
    std::variant<event::Begun, event::Discovered, event::Learned, event::Listed, event::Opened,
                 event::Heard, event::Applied, event::Skipped, event::Failed, event::Ended,
                 event::Waited, event::SourceChanged, event::RetryAsked, event::Asked,
                 event::Answered, event::Compared, event::Checked, event::Crashed, event::Stopped>;

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
std::string_view to_text(Action action);

struct SessionStep {
    Session session;
    std::vector<Action> actions;
    Setback why;
};
SessionStep next(Session session, const SessionEvent& event, const Moment& now,
                 const ReflectorTimes& times);

// How it stands, as it is shown at that moment.
MirrorStatus shown_status(const Session& session, const Moment& now, const ReflectorTimes& times);
// What next_step() judges. `asked`: somebody waits for a confirmation.
Liveness liveness_of(const Session& session, bool asked, const Moment& now,
                     const ReflectorTimes& times);
// Whether a list of that version makes those who knew earlier versions begin anew: after a restore,
// or where the newest list was taken, the versions told until then may come again with other
// content.
bool forgets_versions(const Session& session, std::string_view listed);

}  // namespace snapgate::mirror

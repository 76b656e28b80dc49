#include "mirror/session.h"

#include <algorithm>
#include <utility>

#include "mirror/went_back.h"
#include "model/version_order.h"
#include "net/client/outbound.h"

namespace snapgate::mirror {

using std::chrono::milliseconds;

namespace {

using Next = Setback::Next;

// After so many attempts without a pause there is one.
constexpr size_t kMostHurried = 3;
// So many times in a row the pause is the server's Retry-After; then it is the backoff's.
constexpr size_t kMostRetriesAfter = 10;
// About this long after a watch was opened, earlier changes may still be on their way.
constexpr milliseconds kSettles{100};
// The age assumed for a mirror whose last confirmation is unknown.
constexpr milliseconds kUnknownAge{365LL * 86'400'000};

// Whether the mirror is what the cluster had when it was last heard.
bool is_sure(const Session& session, const Moment& now) {
    return session.following() && session.doubt == Doubt::kNone && now.time >= session.settled;
}

// The moment of the last confirmation, by the wall clock.
int64_t heard_ms(const Session& session, const Moment& now) {
    const auto silent = now.time - session.heard;
    return now.wall_ms - std::chrono::duration_cast<milliseconds>(silent).count();
}

// One event's work on a session.
class Turn {
  public:
    Turn(SessionStep& step, const Moment& now, const ReflectorTimes& times)
        : step_(step), s_(step.session), now_(now), times_(times) {}

    void on(const event::Begun& begun) {
        if (begun.held) {
            // The version of the last bookmark was stored, too. It counts if no change came after
            // it.
            const MirrorStatus& known = s_.status;
            const bool moved_on = !begun.held->empty() && known.list_version == *begun.held &&
                                  model::is_newer(known.resume_version, *begun.held);
            s_.version = moved_on ? known.resume_version : *begun.held;
        }
        // Go on from the stored version; the cluster says so if it does not know it any more.
        require(s_.version.empty() ? Next::kRelist : Next::kSame);
        const milliseconds age(now_.wall_ms - s_.status.confirmed_ms);
        const bool is_known = s_.status.confirmed_ms > 0 && age >= milliseconds(0);
        s_.away_since = now_.time - (is_known ? age : kUnknownAge);
        s_.failed_since = true;
        // The clock was ahead when these were stored, or is behind: ages count from now on.
        s_.status.confirmed_ms = std::min(s_.status.confirmed_ms, now_.wall_ms);
        s_.status.synced_ms = std::min(s_.status.synced_ms, now_.wall_ms);
        attempt();
    }

    void on(const event::Discovered& found) {
        s_.discovered = true;
        s_.served = found.served;
        if (found.told) s_.status.served_version = found.served;
        if (needs_list()) {
            take_list();
        } else {
            s_.stage = Stage::kOpen;
        }
    }

    // This event also comes within kDiscover.
    void on(const event::Learned& learned) {
        s_.watch_list = false;
        if (learned.server) {
            s_.server_version = learned.server->text;
            s_.watch_list =
                learned.server->serves_watch_list && s_.watch_list_refused_by != s_.server_version;
        }
        if (s_.stage == Stage::kAskServer) take_list();
    }

    void on(const event::Listed& listed) {
        s_.retries_after = 0;
        s_.version = listed.version;
        ++s_.status.syncs;
        s_.status.has_synced = true;
        note_skipped(listed.skipped, listed.example);
        s_.status.synced_ms = s_.status.confirmed_ms = now_.wall_ms;
        const bool is_watch = s_.stage == Stage::kCollect;
        if (is_watch) s_.watch_list_failures = 0;
        if (s_.changed) {
            // The list may be that of another cluster: a new connection is to be used.
            if (!is_watch) return attempt();
            s_.stage = Stage::kClose;
            return act(Action::kInterrupt);
        }
        s_.need = Next::kSame;
        confirm();
        if (is_watch) {
            follow();
        } else {
            s_.stage = Stage::kOpen;
        }
    }

    void on(const event::Opened& /*opened*/) {
        s_.opened = now_.time;
        ++s_.status.watches;
        if (s_.stage != Stage::kOpen) return;
        if (!s_.changed) return follow();
        // It is a watch of the old connection.
        s_.stage = Stage::kClose;
        act(Action::kInterrupt);
    }

    void on(const event::Heard& /*heard*/) {
        if (s_.following()) s_.heard = now_.time;
    }

    void on(const event::Applied& applied) {
        s_.version = applied.version;
        if (applied.events == 0) return;
        s_.hurried = 0;
        s_.status.events += applied.events;
        s_.settled = s_.settled > now_.time ? now_.time + kSettles : now_.time;
    }

    void on(const event::Skipped& skipped) { note_skipped(skipped.count, skipped.example); }

    void on(const event::Failed& failed) {
        if (s_.changed && !failed.setback.removed) return begin_anew();
        if (failed.list_instead) s_.watch_list = false;
        switch (s_.stage) {
            case Stage::kList:
                // A list is refused as the WatchList was: the refusal was not about WatchList.
                if (refuses_everything(failed.setback.status)) s_.watch_list_refused_by.clear();
                break;
            case Stage::kCollect:
                return set_back(without_watch_list(failed.setback));
            case Stage::kFollow:
            case Stage::kClose:
                note_useful_watch();
                break;
            default:
                break;
        }
        set_back(failed.setback);
    }

    void on(const event::Ended& ended) {
        if (s_.changed && !(ended.setback && ended.setback->removed)) return begin_anew();
        if (s_.stage == Stage::kCollect) return end_collecting(ended);
        stop_following();
        if (s_.closing) return set_back(*std::exchange(s_.closing, std::nullopt));
        const bool was_short = now_.time - s_.opened < times_.brief;
        // Bookmarks alone are no progress: a server that ends each watch behind one is not asked
        // again and again without a pause.
        const bool was_useless =
            ended.frames == 0 || (!ended.setback && ++s_.hurried > kMostHurried);
        if (was_short && was_useless) {
            Setback closed;
            closed.state = MirrorState::kFailing;
            closed.reason = "WatchClosed";
            closed.message = "the cluster ended a watch as soon as it was open";
            if (ended.setback) closed = *ended.setback;
            closed.next = Next::kRelist;
            return set_back(std::move(closed));
        }
        if (was_short && ended.setback) return set_back(*ended.setback);
        // The watch ended in good order, was cut by something in between, or was silent for long.
        // The next watch is opened at once, and that shows whether the cluster is there.
        note_useful_watch();
        if (ended.setback && ended.setback->reason != net::outbound_reason::kAnswerTimeout)
            s_.probe_at_once = true;
        attempt();
    }

    void on(const event::Waited& /*waited*/) {
        if (s_.stage == Stage::kPause) attempt();
    }

    // It may be another cluster, or this one made anew: all that is known of it is asked for again.
    void on(const event::SourceChanged& /*changed*/) {
        s_.discovered = false;
        s_.busy_until = {};
        s_.changed = true;
        s_.watch_list_refused_by.clear();
        s_.need = Next::kRelistNewest;
        raise_doubt(Doubt::kVersions);
        s_.hurried = 0;
        close();
        note_state(MirrorState::kSyncing, "ConnectionChanged",
                   "the cluster's connection was changed");
        act(Action::kResetBackoff);
        act(Action::kInterrupt);
        act(Action::kEndPause);
        act(Action::kLook);
    }

    void on(const event::RetryAsked& /*asked*/) {
        if (shown_status(s_, now_, times_).ready()) return;
        act(Action::kResetBackoff);
        act(Action::kEndPause);
    }

    void on(const event::Asked& /*asked*/) { s_.probe_at_once = false; }

    void on(const event::Answered& answered) {
        // An answer that comes while no watch is open says nothing about the mirror.
        if (!s_.following()) return;
        if (!answered.told && answered.told.error().busy) {
            note_busy(answered.told.error());
        } else if (!answered.told) {
            s_.away_since = s_.heard;
            end_watch(answered.told.error());
            act(Action::kRefuseForThat);
        } else if (went_back(answered.held, *answered.told)) {
            doubt_versions(versions_went_back(answered.held, *answered.told));
            act(Action::kRefuse);
        } else {
            confirm();
            act(Action::kConfirm);
        }
    }

    void on(const event::Compared& compared) {
        // If the watch has ended meanwhile, it is opened again, and the doubt remains.
        if (!s_.following() || compared.old_connection) return;
        if (compared.difference) {
            if (compared.difference->empty()) {
                confirm();
                s_.status.synced_ms = now_.wall_ms;
            } else if (!compared.skipped_changed) {
                doubt_versions(versions_in_doubt(
                    "DifferenceFound", "after a lost connection no event explained a difference: " +
                                           *compared.difference));
            }
            return;
        }
        const Setback& failure = compared.difference.error();
        if (failure.busy) {
            note_busy(failure);
        } else if (failure.reason.empty() || failure.status == 410) {
            doubt_versions(versions_in_doubt("NotCompared", failure.message));
        } else {
            end_watch(failure);
        }
    }

    void on(const event::Checked& checked) {
        MirrorStatus& status = s_.status;
        if (checked.old_connection) {
            status.check_outcome = "not compared: the cluster's connection was changed meanwhile";
            return;
        }
        if (!checked.difference) {
            status.check_outcome = "not compared: " + checked.difference.error().message;
            return;
        }
        if (!checked.difference->empty() && checked.skipped_changed) {
            status.check_outcome = "not compared: what cannot be shown has changed meanwhile";
            return;
        }
        ++status.checks;
        if (checked.difference->empty()) {
            status.check_outcome = "equal";
            status.synced_ms = now_.wall_ms;
            return;
        }
        status.check_outcome = *checked.difference;
        ++status.differences;
        doubt_versions(versions_in_doubt("DifferenceFound", *checked.difference),
                       Action::kTellDifference);
    }

    void on(const event::Crashed& /*crashed*/) {
        // The crashed coroutine may have left the mirror half done: list the newest state.
        s_.need = Next::kRelistNewest;
        raise_doubt(Doubt::kVersions);
        close();
        note_state(MirrorState::kFailing, "InternalError",
                   "the server failed at following the cluster");
        act(Action::kInterrupt);
    }

    void on(const event::Stopped& /*stopped*/) { end(); }

  private:
    void act(Action action) { step_.actions.push_back(action); }

    void attempt() {
        s_.changed = false;
        if (!s_.discovered) {
            s_.stage = Stage::kDiscover;
        } else if (!needs_list()) {
            s_.stage = Stage::kOpen;
        } else if (s_.failed_since) {
            // While it was away, the server may have been upgraded.
            s_.stage = Stage::kAskServer;
        } else {
            take_list();
        }
    }

    // What the old connection came to says nothing about the new one.
    void begin_anew() {
        stop_following();
        s_.closing.reset();
        attempt();
    }

    bool needs_list() const { return s_.need != Next::kSame || s_.version.empty(); }

    void take_list() {
        note_state(MirrorState::kSyncing, "Listing", "the cluster's list is being taken in");
        s_.stage = s_.watch_list ? Stage::kCollect : Stage::kList;
    }

    void follow() {
        s_.retries_after = 0;
        tell_recovery();
        s_.closing.reset();
        if (s_.away_since) {
            const auto away = std::chrono::duration_cast<milliseconds>(now_.time - *s_.away_since);
            const Doubt doubt = doubt_after(away, times_.lost, s_.failed_since);
            raise_doubt(doubt);
            if (doubt == Doubt::kNone) s_.away_since.reset();
        }
        s_.stage = Stage::kFollow;
        // Without a loss there is nothing to catch up with.
        s_.settled = s_.doubt == Doubt::kNone ? now_.time : now_.time + kSettles;
        note_state(MirrorState::kReady, "", "");
        act(Action::kLook);
    }

    // The caller sets the stage.
    void stop_following() {
        if (!s_.away_since) s_.away_since = now_.time;
        if (!s_.following()) return;
        // The mirror is confirmed up to the moment when the cluster was last heard, and not later.
        if (is_sure(s_, now_))
            s_.status.confirmed_ms = std::max(s_.status.confirmed_ms, heard_ms(s_, now_));
        s_.stopped_following = now_.time;
    }

    // The open watch is not followed any more, though its stream has not ended yet.
    void close() {
        stop_following();
        if (s_.following()) s_.stage = Stage::kClose;
    }

    // Ends the watch for a reason of ours, which is told in place of the connection's end.
    void end_watch(Setback setback) {
        setback.at_once = false;
        close_for(std::move(setback));
    }

    void close_for(Setback setback) {
        step_.why = setback;
        close();
        if (s_.stage == Stage::kClose) s_.closing = std::move(setback);
        act(Action::kInterrupt);
    }

    void doubt_versions(Setback setback, Action tell = Action::kTellDoubt) {
        s_.need = Next::kRelistNewest;
        raise_doubt(Doubt::kVersions);
        close_for(std::move(setback));
        act(tell);
    }

    // A list of the newest state does for every other list.
    void require(Next next) {
        if (next == Next::kDiscover) {
            // A discovery leads to a list: it may be another server.
            s_.discovered = false;
            next = Next::kRelist;
        }
        if (s_.need == Next::kRelistNewest || next == Next::kSame) return;
        s_.need = next;
    }

    void end() {
        stop_following();
        s_.stage = Stage::kEnd;
        act(Action::kInterrupt);
        act(Action::kEndPause);
        act(Action::kLook);
    }

    void set_back(Setback setback) {
        if (setback.removed) return end();
        require(setback.next);
        stop_following();
        s_.closing.reset();
        act(Action::kLook);
        if (setback.at_once && s_.hurried < kMostHurried) {
            ++s_.hurried;
            note_state(MirrorState::kSyncing, setback.reason, setback.message);
            return attempt();
        }
        s_.failed_since = true;
        ++s_.status.failures;
        note_state(setback.state, setback.reason, setback.message);
        s_.retry_after.reset();
        if (setback.retry_after && ++s_.retries_after <= kMostRetriesAfter)
            s_.retry_after = std::max(*setback.retry_after, times_.backoff_first);
        s_.stage = Stage::kPause;
        // The same failure of the next attempt is not logged again.
        if (!s_.told.take(setback, now_.time)) return;
        step_.why = std::move(setback);
        act(Action::kTellSetback);
    }

    void tell_recovery() {
        if (s_.told.none()) return;
        step_.why = s_.told.end(now_.time);
        act(Action::kTellRecovery);
    }

    // A state that did not come to its end is thrown away.
    void end_collecting(const event::Ended& ended) {
        Setback cut;
        cut.state = MirrorState::kUnreachable;
        cut.reason = "ListCut";
        cut.message = "the cluster ended its list before its end";
        if (ended.setback) cut = *ended.setback;
        // Some servers never send the end of the state: the next attempt asks for a list.
        if (ended.frames == 0 || ++s_.watch_list_failures > 1) s_.watch_list = false;
        set_back(std::move(cut));
    }

    // Whatever is wrong with the WatchList, a list may work.
    Setback without_watch_list(Setback setback) {
        if (setback.status == 410) setback.next = Next::kRelistNewest;
        if (setback.status == 0) return setback;
        s_.watch_list = false;
        s_.watch_list_refused_by = s_.server_version;
        if (setback.next == Next::kRelist || setback.next == Next::kDiscover)
            setback.next = Next::kSame;
        setback.at_once = !setback.retry_after;
        return setback;
    }

    // A watch that was open for long was no failure, however it ended.
    void note_useful_watch() {
        if (now_.time - s_.opened < times_.brief) return;
        s_.hurried = 0;
        act(Action::kResetBackoff);
    }

    void confirm() {
        s_.away_since.reset();
        s_.failed_since = false;
        s_.heard = now_.time;
        s_.doubt = Doubt::kNone;
    }

    // The cluster is there, and the watch is as good as before. Whether the mirror equals it shows
    // later.
    void note_busy(const Setback& setback) {
        s_.busy_until = now_.time + std::clamp(setback.retry_after.value_or(times_.probe),
                                               times_.backoff_first, times_.backoff_most);
        s_.busy_message = setback.message;
        act(Action::kRefuse);
    }

    void raise_doubt(Doubt doubt) { s_.doubt = std::max(s_.doubt, doubt); }

    void note_skipped(uint64_t count, const std::string& example) {
        s_.status.skipped = count;
        s_.status.skipped_example = example;
    }

    void note_state(MirrorState state, std::string reason, std::string message) {
        MirrorStatus& status = s_.status;
        if (status.state != state) status.since_ms = now_.wall_ms;
        status.state = state;
        status.reason = std::move(reason);
        status.message = std::move(message);
    }

    SessionStep& step_;
    Session& s_;
    const Moment& now_;
    const ReflectorTimes& times_;
};

}  // namespace

SessionStep next(Session session, const SessionEvent& event, const Moment& now,
                 const ReflectorTimes& times) {
    SessionStep step{std::move(session), {}, {}};
    // An event that was still under way when the session ended changes nothing.
    if (step.session.ended()) return step;
    std::visit([turn = Turn(step, now, times)](const auto& one) mutable { turn.on(one); }, event);
    return step;
}

MirrorStatus shown_status(const Session& session, const Moment& now, const ReflectorTimes& times) {
    MirrorStatus status = session.status;
    status.resume_version = session.version;
    if (is_sure(session, now))
        status.confirmed_ms = std::max(status.confirmed_ms, heard_ms(session, now));
    if (!status.ready()) return status;
    if (session.doubt != Doubt::kNone || (session.following() && now.time < session.settled)) {
        status.state = MirrorState::kSyncing;
        status.reason = "CatchingUp";
        status.message =
            session.doubt == Doubt::kContent
                ? "the connection was lost for a while: the mirror is compared with the cluster"
                : "the changes since the last connection are being taken in";
    } else if (!session.following() && now.time - session.stopped_following > times.reopens) {
        status.state = MirrorState::kSyncing;
        status.reason = "Reconnecting";
        status.message = "the last watch has ended, and the next one is not open yet";
    }
    return status;
}

Liveness liveness_of(const Session& session, bool asked, const Moment& now,
                     const ReflectorTimes& times) {
    Liveness liveness;
    liveness.watching = session.following();
    liveness.reopening =
        session.status.ready() && now.time - session.stopped_following <= times.reopens;
    liveness.asked = asked;
    liveness.probe_at_once = session.probe_at_once;
    liveness.doubt = session.doubt;
    liveness.heard = session.heard;
    liveness.busy_until = session.busy_until;
    return liveness;
}

bool forgets_versions(const Session& session, std::string_view listed) {
    return session.need == Next::kRelistNewest || went_back(session.version, listed);
}

std::string_view to_text(Stage stage) {
    switch (stage) {
        case Stage::kNew:
            return "new";
        case Stage::kDiscover:
            return "discover";
        case Stage::kAskServer:
            return "ask server";
        case Stage::kList:
            return "list";
        case Stage::kCollect:
            return "collect";
        case Stage::kOpen:
            return "open";
        case Stage::kFollow:
            return "follow";
        case Stage::kClose:
            return "close";
        case Stage::kPause:
            return "pause";
        case Stage::kEnd:
            break;
    }
    return "end";
}

std::string_view to_text(Action action) {
    switch (action) {
        case Action::kInterrupt:
            return "interrupt";
        case Action::kEndPause:
            return "end pause";
        case Action::kResetBackoff:
            return "reset backoff";
        case Action::kLook:
            return "look";
        case Action::kConfirm:
            return "confirm";
        case Action::kRefuse:
            return "refuse";
        case Action::kRefuseForThat:
            return "refuse for that";
        case Action::kTellSetback:
            return "tell setback";
        case Action::kTellRecovery:
            return "tell recovery";
        case Action::kTellDoubt:
            return "tell doubt";
        case Action::kTellDifference:
            break;
    }
    return "tell difference";
}

}  // namespace snapgate::mirror

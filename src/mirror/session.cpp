#include "mirror/session.h"

#include <algorithm>
#include <utility>

#include "mirror/session_moves.h"
#include "mirror/session_status.h"
#include "mirror/went_back.h"
#include "model/version_order.h"
#include "net/client/outbound.h"

namespace snapgate::mirror {

using std::chrono::milliseconds;

namespace {

// The age assumed for a mirror whose last confirmation is unknown.
constexpr milliseconds kUnknownAge{365LL * 86'400'000};

// One event's work on a session.
class Turn : SessionMoves {
  public:
    Turn(SessionStep& step, const Moment& now, const ReflectorTimes& times)
        : SessionMoves(step, now, times) {}

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
        s_.refused_lists = 0;
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

    void on(const event::Doubted& /*doubted*/) {
        if (!s_.following()) return;
        if (!s_.away_since) s_.away_since = s_.heard;
        raise_doubt(Doubt::kContent);
        act(Action::kLook);
    }

    void on(const event::Failed& failed) {
        if (s_.changed && !failed.setback.removed) return begin_anew();
        if (failed.list_instead) refuse_watch_list();
        switch (s_.stage) {
            case Stage::kList:
                return set_back(refused_list(failed.setback));
            case Stage::kCollect:
                return set_back(without_watch_list(failed.setback));
            case Stage::kOpen:
                return set_back(refused_watch(failed.setback));
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
        s_.watch_list_failures = 0;
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
    // A state that did not come to its end is thrown away.
    void end_collecting(const event::Ended& ended) {
        Setback cut;
        cut.state = MirrorState::kUnreachable;
        cut.reason = "ListCut";
        cut.message = "the cluster ended its list before its end";
        if (ended.setback) cut = *ended.setback;
        // Some servers never send the end of the state: the next attempt asks for a list.
        if (ended.frames == 0 || ++s_.watch_list_failures > 1) refuse_watch_list();
        set_back(std::move(cut));
    }

    // From now on lists are asked for, for as long as the server has the same version. The pause
    // before the next attempt must not bring WatchList back.
    void refuse_watch_list() {
        s_.watch_list = false;
        s_.watch_list_refused_by = s_.server_version;
    }

    Setback refused_list(Setback setback) {
        // A list fails as the WatchList did: that was not about WatchList.
        if (refuses_everything(setback.status) || setback.status == 0)
            s_.watch_list_refused_by.clear();
        // It may be the version that the list asks for, which another server cannot read. Clusters
        // have many words for that. A 500 may also be a fault that passes.
        if (refuses_request(setback.status) && setback.next == Next::kSame &&
            (++s_.refused_lists > 1 || setback.status != 500))
            setback.next = Next::kRelistNewest;
        return setback;
    }

    // As client-go, which lists anew after nearly every watch that was refused.
    static Setback refused_watch(Setback setback) {
        if (refuses_request(setback.status) && setback.next == Next::kSame)
            setback.next = Next::kRelist;
        return setback;
    }

    // Whatever is wrong with the WatchList, a list may work.
    Setback without_watch_list(Setback setback) {
        if (setback.status == 410) setback.next = Next::kRelistNewest;
        if (setback.status == 0) {
            const bool is_malformed = setback.reason == malformed({}).reason;
            if (is_malformed && ++s_.watch_list_failures > 1) refuse_watch_list();
            return setback;
        }
        refuse_watch_list();
        if (setback.next == Next::kRelist || setback.next == Next::kDiscover)
            setback.next = Next::kSame;
        setback.at_once = !setback.retry_after;
        return setback;
    }
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

bool forgets_versions(const Session& session, std::string_view listed) {
    return session.need == Setback::Next::kRelistNewest || went_back(session.version, listed);
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

}  // namespace snapgate::mirror

#include "mirror/session_moves.h"

#include <algorithm>
#include <utility>

#include "mirror/session_status.h"

namespace snapgate::mirror {

using std::chrono::milliseconds;

namespace {

// So many times in a row the pause is the server's Retry-After; then it is the backoff's.
constexpr size_t kMostRetriesAfter = 10;

}  // namespace

void SessionMoves::attempt() {
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

void SessionMoves::begin_anew() {
    stop_following();
    s_.closing.reset();
    attempt();
}

void SessionMoves::take_list() {
    note_state(MirrorState::kSyncing, "Listing", "the cluster's list is being taken in");
    s_.stage = s_.watch_list ? Stage::kCollect : Stage::kList;
}

void SessionMoves::follow() {
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

void SessionMoves::stop_following() {
    if (!s_.away_since) s_.away_since = now_.time;
    if (!s_.following()) return;
    // The mirror is confirmed up to the moment when the cluster was last heard, and not later.
    if (is_sure(s_, now_))
        s_.status.confirmed_ms = std::max(s_.status.confirmed_ms, heard_ms(s_, now_));
    s_.stopped_following = now_.time;
}

void SessionMoves::close() {
    stop_following();
    if (s_.following()) s_.stage = Stage::kClose;
}

void SessionMoves::end_watch(Setback setback) {
    setback.at_once = false;
    close_for(std::move(setback));
}

void SessionMoves::close_for(Setback setback) {
    step_.why = setback;
    close();
    if (s_.stage == Stage::kClose) s_.closing = std::move(setback);
    act(Action::kInterrupt);
}

void SessionMoves::doubt_versions(Setback setback, Action tell) {
    s_.need = Next::kRelistNewest;
    raise_doubt(Doubt::kVersions);
    close_for(std::move(setback));
    act(tell);
}

void SessionMoves::require(Next next) {
    if (next == Next::kDiscover) {
        // A discovery leads to a list: it may be another server.
        s_.discovered = false;
        next = Next::kRelist;
    }
    if (s_.need == Next::kRelistNewest || next == Next::kSame) return;
    s_.need = next;
}

void SessionMoves::end() {
    stop_following();
    s_.stage = Stage::kEnd;
    act(Action::kInterrupt);
    act(Action::kEndPause);
    act(Action::kLook);
}

void SessionMoves::set_back(Setback setback) {
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

void SessionMoves::tell_recovery() {
    if (s_.told.none()) return;
    step_.why = s_.told.end(now_.time);
    act(Action::kTellRecovery);
}

void SessionMoves::note_useful_watch() {
    if (now_.time - s_.opened < times_.brief) return;
    s_.hurried = 0;
    act(Action::kResetBackoff);
}

void SessionMoves::confirm() {
    s_.away_since.reset();
    s_.failed_since = false;
    s_.heard = s_.proved = now_.time;
    s_.doubt = Doubt::kNone;
}

void SessionMoves::note_busy(const Setback& setback) {
    s_.busy_until = now_.time + std::clamp(setback.retry_after.value_or(times_.probe),
                                           times_.backoff_first, times_.backoff_most);
    s_.busy_message = setback.message;
    act(Action::kRefuse);
}

void SessionMoves::raise_doubt(Doubt doubt) {
    s_.doubt = std::max(s_.doubt, doubt);
}

void SessionMoves::note_skipped(uint64_t count, const std::string& example) {
    s_.status.skipped = count;
    s_.status.skipped_example = example;
}

void SessionMoves::note_state(MirrorState state, std::string reason, std::string message) {
    MirrorStatus& status = s_.status;
    if (status.state != state) status.since_ms = now_.wall_ms;
    status.state = state;
    status.reason = std::move(reason);
    status.message = std::move(message);
}

}  // namespace snapgate::mirror

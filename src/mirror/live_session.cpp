#include "mirror/live_session.h"

#include <chrono>
#include <utility>
#include <vector>

#include "mirror/session_status.h"
#include "model/version_order.h"

namespace snapgate::mirror {

LiveSession::LiveSession(MirrorStatus last_known, const base::Clock& clock,
                         const ReflectorTimes& times, Act act, std::atomic<uint64_t>* turns)
    : clock_(clock),
      times_(times),
      act_(std::move(act)),
      turns_(turns),
      wall_from_steady_ms_(clock_.now_ms() - clock_.steady_ms()),
      stored_confirmed_ms_(last_known.confirmed_ms),
      stored_synced_ms_(last_known.synced_ms) {
    session_.status = std::move(last_known);
    session_.status.state = MirrorState::kPending;
    session_.status.since_ms = now().wall_ms;
}

void LiveSession::happen(const SessionEvent& event) {
    std::vector<Action> actions;
    Setback why;
    {
        const base::MutexLock lock(mutex_);
        const MirrorState before = session_.status.state;
        SessionStep step = next(std::move(session_), event, now(), times_);
        session_ = std::move(step.session);
        // Under the lock: who sees the new state finds it counted.
        if (turns_ != nullptr && session_.status.state != before) ++*turns_;
        actions = std::move(step.actions);
        why = std::move(step.why);
    }
    for (const Action action : actions) act_(action, why);
}

Moment LiveSession::now() const {
    return {std::chrono::steady_clock::now(), clock_.steady_ms() + wall_from_steady_ms_};
}

Stage LiveSession::stage() const {
    return ask([](const Session& session) { return session.stage; });
}

std::string LiveSession::version() const {
    return ask([](const Session& session) { return session.version; });
}

MirrorStatus LiveSession::status() const {
    const Moment moment = now();
    MirrorStatus status =
        ask([&](const Session& session) { return shown_status(session, moment, times_); });
    // The session's own times are shown as the system's clock has them now, so that its jumps
    // change no age. Times of an earlier process are shown as they were stored.
    const int64_t jumped_ms = clock_.now_ms() - moment.wall_ms;
    status.since_ms += jumped_ms;
    if (status.confirmed_ms != stored_confirmed_ms_) status.confirmed_ms += jumped_ms;
    if (status.synced_ms != stored_synced_ms_) status.synced_ms += jumped_ms;
    return status;
}

bool LiveSession::reached(std::string_view version) const {
    return ask([version](const Session& session) {
        return session.version == version || model::is_newer(session.version, version);
    });
}

}  // namespace snapgate::mirror

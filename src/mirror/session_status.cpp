#include "mirror/session_status.h"

#include <algorithm>

namespace snapgate::mirror {

bool is_sure(const Session& session, const Moment& now) {
    return session.following() && session.doubt == Doubt::kNone && now.time >= session.settled;
}

int64_t heard_ms(const Session& session, const Moment& now) {
    const auto silent = now.time - session.heard;
    return now.wall_ms - std::chrono::duration_cast<std::chrono::milliseconds>(silent).count();
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
    liveness.proved = session.proved;
    liveness.busy_until = session.busy_until;
    return liveness;
}

}  // namespace snapgate::mirror

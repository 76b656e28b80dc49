#pragma once

#include <cstdint>

#include "mirror/liveness.h"
#include "mirror/mirror_status.h"
#include "mirror/reflector_times.h"
#include "mirror/session.h"

// How a session stands at a moment. Pure functions: the session itself does not change while time
// passes.
namespace snapgate::mirror {

// Whether the mirror is what the cluster had when it was last heard.
bool is_sure(const Session& session, const Moment& now);
// When the cluster was last heard, in milliseconds since the epoch.
int64_t heard_ms(const Session& session, const Moment& now);

// The status that callers see.
MirrorStatus shown_status(const Session& session, const Moment& now, const ReflectorTimes& times);
// What next_step() judges. `asked`: somebody waits for a confirmation.
Liveness liveness_of(const Session& session, bool asked, const Moment& now,
                     const ReflectorTimes& times);

}  // namespace snapgate::mirror

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::mirror {

// The state of the mirror of a connected cluster.
enum class MirrorState {
    kPending,       // nothing was tried yet since the start
    kSyncing,       // the cluster answers; a list is being taken in
    kReady,         // a watch is open, and no doubt is left of a loss: it is what the cluster has
    kUnreachable,   // no connection, no answer, a broken one
    kUnauthorized,  // it does not accept our credentials (401), or there are none to be read
    kForbidden,     // it knows us, but does not let us list or watch (403)
    kNotInstalled,  // it does not serve the kind of objects
    kFailing,       // it answers, but not as a Kubernetes API server must
};

// As it is shown: Pending, Syncing, Ready, Unreachable, ...
std::string_view to_text(MirrorState state);

// The state of one mirror, as a copy of one moment.
struct MirrorStatus {
    MirrorState state = MirrorState::kPending;
    std::string reason;    // one word: an outbound_reason, an HTTP reason; "" when Ready
    std::string message;   // for people, with what to do; "" when Ready
    int64_t since_ms = 0;  // in this state since
    // When the mirror was last known to be what the cluster has: now while a watch is open, else
    // when it was last heard of. 0: never.
    int64_t confirmed_ms = 0;
    int64_t synced_ms = 0;        // when a whole list was last published (or a self-check agreed)
    std::string served_version;   // of the kind's API, such as v1beta1; "" if not known
    bool has_synced = false;      // there is a state to be listed
    uint64_t syncs = 0;           // lists published
    uint64_t watches = 0;         // opened since the start
    uint64_t events = 0;          // watch events taken in
    uint64_t failures = 0;        // attempts that failed
    uint64_t skipped = 0;         // objects that cannot be shown: too large, no valid name
    uint64_t checks = 0;          // self-checks made
    uint64_t differences = 0;     // self-checks that found the mirror different
    std::string check_outcome;    // of the last self-check, for people; "" before the first
    std::string skipped_example;  // namespace/name of the last such object, and why
    // Where the next watch starts; a bookmark may put it ahead of `list_version`, the stored
    // mirror's own version at that time.
    std::string resume_version;
    std::string list_version;

    bool ready() const { return state == MirrorState::kReady; }
};

// For people, after "the cluster is": "Unreachable (ConnectionRefused)".
std::string describe_briefly(const MirrorStatus& status);
// The same with the message: "Unreachable (ConnectionRefused): nobody listens at ...".
std::string describe(const MirrorStatus& status);

}  // namespace snapgate::mirror

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "mirror/setback.h"

namespace snapgate::mirror {

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
// Some bytes of the open watch came, or the cluster ended it because its time was over.
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
// An event of the watch may be of another change than the one whose version it has: what the mirror
// holds is to be compared with the cluster.
struct Doubted {};
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
                 event::Heard, event::Applied, event::Skipped, event::Doubted, event::Failed,
                 event::Ended, event::Waited, event::SourceChanged, event::RetryAsked, event::Asked,
                 event::Answered, event::Compared, event::Checked, event::Crashed, event::Stopped>;

}  // namespace snapgate::mirror

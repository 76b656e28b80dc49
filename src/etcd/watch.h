#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "etcd/error.h"
#include "etcd/messages.h"

namespace snapgate::etcd {

// One stream of changes, made by Client::watch. All functions but close() belong to one thread.
// After an error the watch is of no more use: the owner makes another one at the revision after the
// last that it got.
//
// Every revision comes once, whole, and in order. The events of a revision may come in several
// messages, and one message may hold several revisions. etcd's progress notifications are asked for
// to see that the member is alive, and their revision is never used: below 3.4.31 and 3.5.13 they
// may overtake events.
class Watch {
  public:
    using Time = std::chrono::steady_clock::time_point;

    virtual ~Watch() = default;

    // Waits for changes until `deadline`; nullopt if there were none. Errors:
    //   kCompacted      start_revision is compacted; the error's compact_revision is what is left
    //   kUnavailable    the member is gone, silent for 5 seconds, or has no leader
    //   kBadAnswer      etcd sent an event that was not asked for, or one of an older revision
    //   kUnauthenticated, kPermissionDenied
    //   kClosed         close() was called, here or of the client
    virtual Result<std::optional<Changes>> next(Time deadline) = 0;

    // Ends a next() that waits, and all later ones. Any thread.
    virtual void close() = 0;
};

}  // namespace snapgate::etcd

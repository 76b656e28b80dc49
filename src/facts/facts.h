#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "facts/snapshot_parts.h"

// What is derived from a snapshot when it is stored, so that a question about many snapshots need
// not read them. docs/fleet.md has the source of each. Nothing here depends on the present time:
// ages, "stuck" and verdicts are judged when somebody asks.
namespace snapgate::facts {

// Numbers are on disk, so they never change their meaning. No state is 0.
enum class State : uint8_t {
    kPending = 1,  // no phase yet, or one that KubeVirt does not have today
    kInProgress = 2,
    kSucceeded = 3,
    kFailed = 4,
    kDeleting = 5,  // it has a deletionTimestamp, whatever its phase is
};
inline constexpr State kStates[] = {State::kPending, State::kInProgress, State::kSucceeded,
                                    State::kFailed, State::kDeleting};

// What a VM that is started from the snapshot finds on its disks.
enum class Consistency : uint8_t {
    kUnknown = 1,
    kOffline = 2,      // the VM was off
    kCrash = 3,        // as after a power cut
    kApplication = 4,  // the guest agent had the file systems frozen
};
inline constexpr Consistency kConsistencies[] = {Consistency::kUnknown, Consistency::kOffline,
                                                 Consistency::kCrash, Consistency::kApplication};

// A time in seconds since the epoch; 0 is "none". A time before 1970 or after 2106 counts as none:
// no snapshot was made then.
using Seconds = uint32_t;

// Stands for a uid where only equality counts; 0 for none. Two uids have one hash by chance, once
// in four thousand million times.
using UidHash = uint32_t;
UidHash hash_of_uid(std::string_view uid);

// Stands for a VirtualMachineSnapshotContent, by its namespace and name. The hash is the upper half
// of the id, and 0 for none: with the name of the snapshot beside it, it tells a content of a
// cluster from a million others.
using ContentId = uint64_t;
using ContentHash = uint32_t;
ContentId content_id(std::string_view ns, std::string_view name);
inline ContentHash hash_of(ContentId id) {
    return static_cast<ContentHash>(id >> 32);
}

struct Facts {
    State state = State::kPending;
    Consistency consistency = Consistency::kUnknown;
    bool ready = false;     // status.readyToUse
    bool of_clone = false;  // made for a VirtualMachineClone, which removes it again
    // It failed, and the cause only says that the snapshot does not tell why.
    bool silent = false;
    Seconds created = 0;      // metadata.creationTimestamp
    Seconds taken = 0;        // status.creationTime: the state of the disks that it holds
    Seconds finished = 0;     // when it succeeded or failed
    Seconds stuck_at = 0;     // from then on it is stuck, if it is not changed before
    UidHash source = 0;       // of the VM that it was taken of
    ContentHash content = 0;  // of status.virtualMachineSnapshotContentName
    // Why it is not good (in one sentence), or what holds its deletion; "" if nothing is known.
    std::string_view cause;
    // The cause without what differs from snapshot to snapshot: names, numbers, addresses. "*"
    // stands in their places.
    std::string_view cause_class;

    // A VM can be restored from it.
    bool good() const { return state == State::kSucceeded && ready; }
    bool stuck(Seconds now) const { return stuck_at != 0 && stuck_at <= now; }
    // It is not good, and does not say why itself.
    bool lacks_cause() const { return !good() && (cause_class.empty() || silent); }
    // From creation to finish, in seconds.
    std::optional<Seconds> duration() const {
        if (created == 0 || finished < created) return std::nullopt;
        return finished - created;
    }
};

// The layout of what derive() returns. A store keeps it beside the bytes: if the derivation
// changes, it gets a new number, and what has an older one is derived anew.
inline constexpr uint8_t kLayout = 4;
// No more bytes come from derive().
inline constexpr size_t kMostBytes = 1024;

// The facts of a snapshot as they are stored. Any thread.
std::string derive(const SnapshotParts& parts);

// Reads what derive() made: views into `bytes`. kCorrupt for anything else.
base::Result<Facts> read(std::string_view bytes);

// The words of the API: "InProgress", "application".
std::string_view name_of(State state);
std::string_view name_of(Consistency consistency);
std::optional<State> state_of(std::string_view name);
std::optional<Consistency> consistency_of(std::string_view name);

}  // namespace snapgate::facts

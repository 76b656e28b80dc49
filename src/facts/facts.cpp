#include "facts/facts.h"

#include <algorithm>
#include <limits>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/encoding.h"
#include "facts/cause.h"

// The stored facts: u8 state | u8 consistency | u8 flags | u32 created | u32 taken | u32 finished |
// u32 stuck at | u32 hash of the VM's uid | u32 hash of the content | u16 length of the cause | the
// cause | its class.
namespace snapgate::facts {
namespace {

constexpr uint8_t kReady = 1;
constexpr uint8_t kOfClone = 2;
constexpr uint8_t kSilentFlag = 4;
constexpr size_t kFixedBytes = 3 + 4 * sizeof(Seconds) + sizeof(UidHash) + sizeof(ContentHash) + 2;

// KubeVirt's defaults: a snapshot without a failureDeadline has five minutes.
constexpr int64_t kDefaultDeadline = 300;
// How long after its deadline, and after its deletion, a snapshot counts as stuck.
constexpr int64_t kPastDeadline = 300;
constexpr int64_t kPastDeletion = 600;

Seconds clamp_to_seconds(int64_t seconds) {
    if (seconds <= 0 || seconds > std::numeric_limits<Seconds>::max()) return 0;
    return static_cast<Seconds>(seconds);
}

Seconds seconds_of(std::string_view time) {
    const auto ms = base::parse_rfc3339(time);
    return ms ? clamp_to_seconds(*ms / 1000) : 0;
}

State state_of(const SnapshotParts& parts) {
    if (!parts.deletion_timestamp.empty() || parts.phase == "Deleting") return State::kDeleting;
    if (parts.phase == "Succeeded") return State::kSucceeded;
    if (parts.phase == "Failed") return State::kFailed;
    if (parts.phase == "InProgress") return State::kInProgress;
    return State::kPending;
}

Consistency consistency_of(const SnapshotParts& parts) {
    const auto has = [&](std::string_view indication) {
        return std::ranges::find(parts.indications, indication) != parts.indications.end();
    };
    if (parts.indications.empty())
        return parts.phase == "Succeeded" ? Consistency::kOffline : Consistency::kUnknown;
    if (!has("Online")) return Consistency::kUnknown;
    if (has("GuestAgent") && !has("QuiesceFailed") && !has("QuiesceTimeout"))
        return Consistency::kApplication;
    return Consistency::kCrash;
}

Seconds transition_of(const SnapshotParts& parts, std::string_view type, std::string_view status) {
    for (const SnapshotParts::Condition& condition : parts.conditions) {
        if (condition.type == type && condition.status == status)
            return seconds_of(condition.last_transition_time);
    }
    return 0;
}

// The first of these times that is known.
Seconds finished_of(const SnapshotParts& parts) {
    if (parts.phase == "Succeeded") {
        if (const Seconds taken = seconds_of(parts.creation_time)) return taken;
    } else if (parts.phase == "Failed") {
        if (const Seconds failed = transition_of(parts, "Failure", "True")) return failed;
        if (const Seconds error = seconds_of(parts.error_time)) return error;
    } else {
        return 0;
    }
    return transition_of(parts, "Progressing", "False");
}

Seconds stuck_at(const SnapshotParts& parts, State state, Seconds created) {
    if (state == State::kDeleting) {
        const Seconds deleted = seconds_of(parts.deletion_timestamp);
        return deleted == 0 ? 0 : clamp_to_seconds(deleted + kPastDeletion);
    }
    if (state != State::kInProgress || created == 0) return 0;
    int64_t deadline = kDefaultDeadline;
    if (const auto given = base::parse_duration(parts.failure_deadline)) {
        if (given->count() == 0) return 0;
        deadline = given->count() / 1000;
    }
    return clamp_to_seconds(created + deadline + kPastDeadline);
}

base::Error corrupt() {
    return {base::Code::kCorrupt, "the facts of a stored object cannot be read"};
}

}  // namespace

UidHash hash_of_uid(std::string_view uid) {
    return uid.empty() ? 0 : std::max(base::checksum("uid", uid), UidHash{1});
}

ContentId content_id(std::string_view ns, std::string_view name) {
    constexpr ContentId kLeast = ContentId{1} << 32;
    return name.empty() ? 0 : std::max(base::checksum_64(ns, name), kLeast);
}

std::string derive(const SnapshotParts& parts) {
    const State state = state_of(parts);
    const Seconds created = seconds_of(parts.creation_timestamp);
    const Cause cause = find_cause(parts, state);
    std::string out;
    out.reserve(kFixedBytes + cause.sentence.size() + cause.cause_class.size());
    out += static_cast<char>(state);
    out += static_cast<char>(consistency_of(parts));
    out += static_cast<char>((parts.ready ? kReady : 0) | (parts.of_clone ? kOfClone : 0) |
                             (cause.silent ? kSilentFlag : 0));
    base::append_u32(created, out);
    base::append_u32(seconds_of(parts.creation_time), out);
    base::append_u32(finished_of(parts), out);
    base::append_u32(stuck_at(parts, state, created), out);
    base::append_u32(hash_of_uid(parts.source_uid), out);
    base::append_u32(hash_of(content_id(parts.ns, parts.content_name)), out);
    base::append_u16(static_cast<uint16_t>(cause.sentence.size()), out);
    out += cause.sentence;
    out += cause.cause_class;
    return out;
}

base::Result<Facts> read(std::string_view bytes) {
    if (bytes.size() < kFixedBytes || bytes.size() > kMostBytes) return corrupt();
    Facts facts;
    facts.state = static_cast<State>(bytes[0]);
    facts.consistency = static_cast<Consistency>(bytes[1]);
    if (name_of(facts.state).empty() || name_of(facts.consistency).empty()) return corrupt();
    facts.ready = (bytes[2] & kReady) != 0;
    facts.of_clone = (bytes[2] & kOfClone) != 0;
    facts.silent = (bytes[2] & kSilentFlag) != 0;
    facts.created = base::read_u32(bytes, 3);
    facts.taken = base::read_u32(bytes, 7);
    facts.finished = base::read_u32(bytes, 11);
    facts.stuck_at = base::read_u32(bytes, 15);
    facts.source = base::read_u32(bytes, 19);
    facts.content = base::read_u32(bytes, 23);
    const size_t cause = base::read_u16(bytes, 27);
    bytes.remove_prefix(kFixedBytes);
    if (cause > bytes.size()) return corrupt();
    facts.cause = bytes.substr(0, cause);
    facts.cause_class = bytes.substr(cause);
    return facts;
}

std::string_view name_of(State state) {
    switch (state) {
        case State::kPending:
            return "Pending";
        case State::kInProgress:
            return "InProgress";
        case State::kSucceeded:
            return "Succeeded";
        case State::kFailed:
            return "Failed";
        case State::kDeleting:
            return "Deleting";
    }
    return {};
}

std::string_view name_of(Consistency consistency) {
    switch (consistency) {
        case Consistency::kUnknown:
            return "unknown";
        case Consistency::kOffline:
            return "offline";
        case Consistency::kCrash:
            return "crash";
        case Consistency::kApplication:
            return "application";
    }
    return {};
}

std::optional<State> state_of(std::string_view name) {
    for (const State state : kStates)
        if (name_of(state) == name) return state;
    return std::nullopt;
}

std::optional<Consistency> consistency_of(std::string_view name) {
    for (const Consistency consistency : kConsistencies)
        if (name_of(consistency) == name) return consistency;
    return std::nullopt;
}

}  // namespace snapgate::facts

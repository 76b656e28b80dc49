#include "mirror/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/random_time.h"
#include "json/limits.h"
#include "mirror/odd_objects.h"
#include "mirror/went_back.h"
#include "model/names.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;

namespace {

// The size of an object, and of what a frame has around it.
constexpr size_t kMaxFrameBytes = json::kMaxObjectBytes + 1024;
constexpr std::chrono::seconds kLeastStateWatch{300};
constexpr std::chrono::seconds kMostStateWatch{600};
// One that is over within a second is taken for a fault.
constexpr std::chrono::seconds kLeastWatch{2};

Setback without_version() {
    return malformed("the cluster sent an object without a valid version");
}

}  // namespace

std::string watch_query(WatchBegin begin, std::string_view version, bool newest,
                        std::chrono::seconds length) {
    std::string query =
        fmt::format("watch=1&allowWatchBookmarks=true&timeoutSeconds={}", length.count());
    if (begin == WatchBegin::kWithState) {
        query += "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        if (newest) return query;
    }
    if (!version.empty()) query += "&resourceVersion=" + base::percent_encode(version);
    return query;
}

std::chrono::seconds random_watch_time(WatchBegin begin, std::chrono::milliseconds renew) {
    if (begin == WatchBegin::kWithState)
        return kLeastStateWatch + base::random_up_to(kMostStateWatch - kLeastStateWatch);
    // The time up to which a watch is given up is less a tenth at most, and the end needs its way.
    const auto length = base::spread(renew * 7 / 8);
    return std::max(std::chrono::floor<std::chrono::seconds>(length), kLeastWatch);
}

WatchReader::WatchReader(const cluster::ReflectedKind& kind, WatchBegin begin, std::string version,
                         SkippedObjects& skipped)
    : kind_(kind),
      skipped_(skipped),
      splitter_([this](std::string_view frame) { return take_frame(frame); }, kMaxFrameBytes),
      in_state_(begin == WatchBegin::kWithState),
      version_(std::move(version)) {
    splitter_.pass_over_too_large(
        [this](std::string_view beginning) { return take_large_frame(beginning); });
}

WatchPiece WatchReader::feed(std::string_view piece) {
    piece_ = {};
    auto fed = splitter_.feed(piece);
    if (!fed && !piece_.failed)
        piece_.failed = malformed("the cluster's watch is not valid: " + fed.error().message);
    piece_.version = version_;
    return std::exchange(piece_, {});
}

Result<void> WatchReader::fail(Setback setback) {
    piece_.failed = std::move(setback);
    // This error only ends the splitter; the caller looks at the piece's `failed`.
    return Error(Code::kBadPeer, piece_.failed->message);
}

Result<void> WatchReader::take_frame(std::string_view text) {
    ++frames_;
    auto frame = json::read_watch_frame(text);
    if (!frame) return fail(malformed("the cluster sent an event that is none"));
    if (frame->type == "ADDED" || frame->type == "MODIFIED") return take_item(frame->object);
    if (frame->type == "DELETED") return take_deletion(frame->object);
    if (frame->type == "BOOKMARK") return take_bookmark(frame->object);
    if (frame->type == "ERROR") return take_error(frame->object);
    return fail(malformed("the cluster sent an event of no known type"));
}

Result<void> WatchReader::take_error(std::string_view text) {
    const auto status = json::read_status(text);
    if (!status) return fail(malformed("the cluster sent an error that is no Status"));
    Setback setback = setback_of_status(status->code, status->reason, status->message,
                                        says_version_too_large(*status));
    using Next = Setback::Next;
    if (setback.next == Next::kSame && setback.status != 429) setback.next = Next::kRelist;
    if (status->retry_after_seconds) {
        setback.retry_after =
            std::min(std::chrono::seconds(*status->retry_after_seconds), kMostRetryAfter);
    }
    return fail(std::move(setback));
}

// Goes on to an event's version.
Result<void> WatchReader::advance(const std::string& version) {
    if (!model::is_plain_word(version)) return fail(without_version());
    if (went_back(version_, version)) return fail(versions_went_back(version_, version));
    version_ = version;
    return {};
}

Result<void> WatchReader::take_item(std::string_view text) {
    auto taken = take_object(kind_, text);
    if (!taken) return fail(std::move(taken).error());
    if (in_state_) {
        if (taken->object) {
            piece_.state.push_back(std::move(*taken->object));
        } else {
            skipped_.add(json::read_cut_object(text), taken->odd);
        }
        return {};
    }
    if (!taken->object) return take_odd(text, taken->odd);
    return take_change(std::move(*taken->object));
}

Result<void> WatchReader::take_change(model::PreparedObject object) {
    Change change;
    change.type = Change::Type::kPut;
    change.version = object.version;
    change.object = std::move(object);
    if (skipped_.count() > 0) {
        json::ObjectHead head;
        head.ns = change.object.ns;
        head.name = change.object.name;
        skipped_.remove(head);
    }
    const EventKey event{change.type, change.object.ns, change.object.name};
    if (change.version == version_) return take_same_version(event);
    SNAPGATE_TRY(advance(change.version));
    last_ = event;
    piece_.changes.push_back(std::move(change));
    return {};
}

// An event may come twice. Another one with the version of the last is another change, and only a
// list can tell of both. Of the version that the watch began with it is not known here what it was.
Result<void> WatchReader::take_same_version(const EventKey& event) {
    if (!last_) piece_.is_doubtful = true;
    if (!last_ || *last_ == event) return {};
    Setback mixed = malformed("the cluster sent two events of one version");
    mixed.state = MirrorState::kSyncing;
    mixed.at_once = true;
    return fail(std::move(mixed));
}

// The object cannot be shown as it is now, and its earlier state must not be shown any longer.
Result<void> WatchReader::take_odd(std::string_view text, std::string_view why) {
    const json::ObjectHead head = json::read_cut_object(text);
    skipped_.add(head, why);
    if (head.name.empty() && head.version.empty()) return {};
    return take_removal(head);
}

Result<void> WatchReader::take_removal(const json::ObjectHead& head, bool again) {
    if (!model::is_plain_word(head.version)) {
        // The event does not say where a watch would go on; a list does.
        Setback unknown = without_version();
        unknown.state = MirrorState::kSyncing;
        unknown.at_once = true;
        return fail(std::move(unknown));
    }
    Change change;
    // An object without a valid name was never shown.
    if (can_be_named(head)) {
        change.type = Change::Type::kDelete;
        change.key = {head.ns, head.name};
    }
    change.version = head.version;
    const EventKey event{change.type, change.key.ns, change.key.name};
    if (change.version == version_ && !again) return take_same_version(event);
    SNAPGATE_TRY(advance(change.version));
    last_ = event;
    piece_.changes.push_back(std::move(change));
    return {};
}

Result<void> WatchReader::take_deletion(std::string_view text) {
    // The second way reads what the first cannot: objects of any depth.
    const auto whole = json::read_object_head(text);
    const json::ObjectHead head = whole ? *whole : json::read_cut_object(text);
    if (!is_odd_object(text, kind_))
        return fail(malformed("the cluster sent a deletion of no valid object"));
    if (in_state_) {
        // A deletion within the first state cannot be taken in here: a list is taken instead.
        Setback mixed = malformed("the cluster sent a deletion within its list");
        mixed.at_once = true;
        piece_.list_instead = true;
        return fail(std::move(mixed));
    }
    skipped_.remove(head);
    if (head.name.empty() && head.version.empty()) {
        skipped_.add({}, "a deletion that does not say of what");
        return {};
    }
    return take_removal(head);
}

Result<void> WatchReader::take_bookmark(std::string_view text) {
    const auto head = json::read_object_head(text);
    const bool has_version = head && model::is_plain_word(head->version) && head->version != "0";
    if (in_state_) {
        if (!has_version || !head->ends_initial_events) {
            // The end of the state is the first bookmark of a WatchList. This server knows none.
            piece_.list_instead = true;
            return fail(malformed("the cluster did not mark the end of its list"));
        }
        in_state_ = false;
        version_ = head->version;
        last_.reset();
        piece_.state_version = version_;
        return {};
    }
    // Without a version it shows only that the watch lives.
    if (!has_version) return {};
    if (head->version != version_) last_.reset();
    return advance(head->version);
}

Result<void> WatchReader::take_large_frame(std::string_view beginning) {
    ++frames_;
    json::ObjectHead head = json::read_cut_object(beginning);
    skipped_.add_too_large(head);
    if (in_state_) return {};
    // The object's name or version may stand behind the cut. A list says which object it is.
    if (head.name.empty()) head.version.clear();
    if (!head.name.empty() && head.version.empty()) head.version = version_;
    return take_removal(head, true);
}

}  // namespace snapgate::mirror

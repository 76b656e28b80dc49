// How a reflector follows the changes of a cluster.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/fault_switch.h"
#include "json/object.h"
#include "mirror/backoff.h"
#include "mirror/odd_objects.h"
#include "mirror/reflector.h"
#include "mirror/versions.h"
#include "model/names.h"
#include "net/client/outbound.h"

namespace snapgate::mirror {

using base::Code;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// An object, and what a frame has around it.
constexpr size_t kMaxFrameBytes = (2 << 20) + 1024;
constexpr size_t kStepEvents = 256;
constexpr uint32_t kLeastWatchSeconds = 300;
constexpr uint32_t kMostWatchSeconds = 600;
// What was under way when a watch was opened is taken in without a longer pause than this.
constexpr milliseconds kSettles{100};

}  // namespace

std::string Reflector::watch_query(Begin begin) const {
    const uint64_t timeout =
        kLeastWatchSeconds + base::random_below(kMostWatchSeconds - kLeastWatchSeconds + 1);
    std::string query = fmt::format("watch=1&allowWatchBookmarks=true&timeoutSeconds={}", timeout);
    if (begin == Begin::kWithState) {
        query += "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        if (next_ == Next::kRelistNewest) return query;
    }
    if (!version_.empty()) query += "&resourceVersion=" + base::percent_encode(version_);
    return query;
}

net::Awaitable<Outcome<void>> Reflector::watch(Begin begin) {
    auto answer = co_await upstream_.get(fmt::format("{}?{}", path(), watch_query(begin)),
                                         "application/json");
    if (!answer) co_return tl::unexpected(watch_refused(begin, std::move(answer).error()));
    const auto opened = SteadyClock::now();
    initial_ = begin == Begin::kWithState;
    in_list_ = false;
    initial_version_.clear();
    taken_version_ = version_;
    frames_ = 0;
    ended_by_.reset();
    objects_.clear();
    object_bytes_ = 0;
    if (initial_) {
        begin_counting();
        auto begun = co_await sink_.begin_replacement();
        if (!begun) co_return tl::unexpected(sink_failed(begun.error()));
    } else {
        begin_streaming();
    }
    json::ItemSplitter splitter([this](std::string_view frame) { return take_frame(frame); },
                                kMaxFrameBytes);
    if (!base::fault_disabled("too-large-object")) {
        splitter.pass_over_too_large(
            [this](std::string_view beginning) { return take_large_frame(beginning); });
    }
    const milliseconds renew = spread(times_.renew);
    while (true) {
        const milliseconds patience = initial_ ? times_.list_silence : renew;
        auto piece = co_await upstream_.read(patience);
        const bool ended = !piece || piece->empty();
        if (ended && initial_ && base::fault_disabled("watchlist-end"))
            co_return co_await publish(version_);
        if (ended && base::fault_disabled("cut-event") && !splitter.finish())
            set_version(std::to_string(version_number(version_).value_or(0) + 1));
        if (!piece) co_return watch_ended(std::move(piece).error(), opened);
        if (piece->empty()) co_return watch_ended(std::nullopt, opened);
        auto taken = co_await take_piece(splitter, *piece);
        if (!taken) {
            upstream_.drop();
            if (initial_) co_return tl::unexpected(watch_list_refused(std::move(taken).error()));
            note_useful_watch(opened);
            co_return taken;
        }
        if (!initial_) note_heard();
    }
}

void Reflector::begin_streaming() {
    retries_after_ = 0;
    told_.clear();
    const bool is_fresh = std::exchange(fresh_, false);
    if (away_since_ && !is_fresh) {
        const auto away =
            std::chrono::duration_cast<milliseconds>(SteadyClock::now() - *away_since_);
        const Doubt doubt = doubt_after(away, times_.lost, failed_since_);
        raise_doubt(doubt);
        if (doubt == Doubt::kNone) away_since_.reset();
    }
    note_streaming(true);
    note_state(MirrorState::kReady, "", "");
    touch_alarm_.ring();
}

// What was open for long was no failure, however it ended.
void Reflector::note_useful_watch(SteadyClock::time_point opened) {
    if (SteadyClock::now() - opened < times_.brief) return;
    hurried_ = 0;
    backoff_.reset();
}

// Whatever is wrong with a WatchList, a list may be fine: it is better than none.
Setback Reflector::watch_list_refused(Setback setback) {
    if (setback.status == 410) setback.next = Next::kRelistNewest;
    if (setback.status == 0 || base::fault_disabled("watchlist-fallback")) return setback;
    watch_list_ = false;
    watch_list_refused_by_ = server_version_;
    if (setback.next == Next::kRelist || setback.next == Next::kDiscover)
        setback.next = Next::kSame;
    setback.at_once = !setback.retry_after;
    return setback;
}

Setback Reflector::watch_refused(Begin begin, Setback setback) {
    if (begin == Begin::kWithState) return watch_list_refused(std::move(setback));
    if (setback.status == 410 && base::fault_disabled("watch-410")) setback.next = Next::kSame;
    if (setback.status == 429 && base::fault_disabled("watch-429")) setback.next = Next::kRelist;
    return setback;
}

Outcome<void> Reflector::watch_ended(std::optional<Setback> setback,
                                     SteadyClock::time_point opened) {
    upstream_.drop();
    if (initial_) {
        // A collection that did not come to its end is of no use.
        initial_ = false;
        Setback cut;
        cut.state = MirrorState::kUnreachable;
        cut.reason = "ListCut";
        cut.message = "the cluster ended its list before its end";
        if (setback) cut = std::move(*setback);
        // Some servers never send the end: they are asked for a list the next time.
        if (frames_ == 0 || ++watch_list_failures_ > 1) watch_list_ = false;
        return tl::unexpected(std::move(cut));
    }
    note_streaming(false);
    if (ended_by_) return tl::unexpected(*std::exchange(ended_by_, std::nullopt));
    const bool was_short = SteadyClock::now() - opened < times_.brief;
    // Bookmarks alone are no progress: a server that ends each watch behind one is not asked again
    // and again without a pause.
    const bool was_useless = frames_ == 0 || (!setback && ++hurried_ > kMostHurried);
    if (was_short && was_useless && !base::fault_disabled("quick-close")) {
        Setback closed;
        closed.state = MirrorState::kFailing;
        closed.reason = "WatchClosed";
        closed.message = "the cluster ended a watch as soon as it was open";
        if (setback) closed = std::move(*setback);
        closed.next = Next::kRelist;
        return tl::unexpected(std::move(closed));
    }
    if (was_short && setback) return tl::unexpected(std::move(*setback));
    // Ended in good order, cut by what lies between, or silent for long: whether the cluster is
    // there shows at once, as the next watch is opened.
    note_useful_watch(opened);
    if (setback && setback->reason != net::outbound_reason::kAnswerTimeout) probe_at_once_ = true;
    return {};
}

net::Awaitable<Outcome<void>> Reflector::take_piece(json::ItemSplitter& splitter,
                                                    std::string_view piece) {
    failed_.reset();
    events_.clear();
    const auto feed_alone = [&] {
        return json::ItemSplitter([this](std::string_view frame) { return take_frame(frame); })
            .feed(piece);
    };
    auto fed = base::fault_disabled("split-events") ? feed_alone() : splitter.feed(piece);
    if (!fed && !failed_) {
        failed_ = malformed("the cluster's watch is not valid: " + fed.error().message);
    }
    if (!objects_.empty()) {
        auto flushed = co_await flush_list(false);
        if (!flushed) co_return flushed;
    }
    if (!initial_version_.empty()) {
        watch_list_failures_ = 0;
        auto published = co_await publish(std::exchange(initial_version_, {}));
        if (!published) co_return published;
        begin_streaming();
    }
    auto applied = co_await apply_events();
    if (!applied) co_return applied;
    if (failed_) co_return tl::unexpected(std::move(*failed_));
    co_return Outcome<void>();
}

net::Awaitable<Outcome<void>> Reflector::apply_events() {
    std::vector<Event> events = std::exchange(events_, {});
    for (size_t at = 0; at < events.size(); at += kStepEvents) {
        const size_t count = std::min(kStepEvents, events.size() - at);
        const auto first = events.begin() + static_cast<ptrdiff_t>(at);
        std::vector<Event> step(std::make_move_iterator(first),
                                std::make_move_iterator(first + static_cast<ptrdiff_t>(count)));
        std::vector<std::string> versions;
        versions.reserve(count);
        for (const Event& event : step) versions.push_back(event.version);
        auto applied = co_await sink_.apply(std::move(step));
        if (!applied) co_return tl::unexpected(sink_failed(applied.error()));
        // Not before the sink knows them: a comparison asks it for their states, and one that began
        // meanwhile began with the version before them.
        for (Comparing* comparing : {checking_.get(), resuming_.get()}) {
            if (comparing != nullptr)
                std::ranges::copy(versions, std::back_inserter(comparing->seen));
        }
        set_version(std::move(versions.back()));
        hurried_ = 0;
        const base::MutexLock lock(mutex_);
        status_.events += count;
        settled_ =
            std::max(settled_, SteadyClock::now() +
                                   (settled_ > SteadyClock::now() ? kSettles : milliseconds(0)));
    }
    skipped_settled_ = skipped_.changes();
    // A bookmark may stand behind the last event.
    if (!initial_ && !taken_version_.empty() && taken_version_ != version_)
        set_version(taken_version_);
    co_return Outcome<void>();
}

Result<void> Reflector::take_frame(std::string_view text) {
    if (base::fault_disabled("several-events") && !events_.empty()) return {};
    ++frames_;
    auto frame = json::read_watch_frame(text);
    if (!frame) {
        return fail(malformed("the cluster sent an event that is none"));
    }
    if (frame->type == "ADDED" || frame->type == "MODIFIED")
        return take_object(frame->object, initial_);
    if (frame->type == "DELETED") return take_deletion(frame->object);
    if (frame->type == "BOOKMARK") return take_bookmark(frame->object);
    if (frame->type != "ERROR")
        return fail(malformed("the cluster sent an event of no known type"));
    const auto status = json::read_status(frame->object);
    if (!status) return fail(malformed("the cluster sent an error that is no Status"));
    Setback setback = setback_of_status(status->code, status->reason, status->message,
                                        status->has_cause("ResourceVersionTooLarge"));
    if (setback.next == Next::kSame && status->code != 429) setback.next = Next::kRelist;
    if (status->code == 410 && base::fault_disabled("watch-410")) setback.next = Next::kSame;
    if (status->retry_after_seconds)
        setback.retry_after = seconds(std::min(*status->retry_after_seconds, 300U));
    return fail(std::move(setback));
}

// The version of an event; it never goes back but after a restore of the cluster.
Result<void> Reflector::advance(const std::string& version) {
    if (!is_version(version) && !base::fault_disabled("valid-version"))
        return fail(malformed("the cluster sent an object without a valid version"));
    if (is_newer(taken_version_, version)) {
        Setback setback =
            malformed(fmt::format("the cluster's versions go back, from {} to {}: it was restored",
                                  taken_version_, version.substr(0, 64)));
        setback.state = MirrorState::kSyncing;
        setback.reason = "VersionsWentBack";
        setback.next = Next::kRelistNewest;
        setback.at_once = true;
        return fail(std::move(setback));
    }
    taken_version_ = version;
    return {};
}

Result<void> Reflector::take_object(std::string_view text, bool whole_list) {
    auto prepared = sink_.prepare(text);
    if (!prepared && prepared.error().code == Code::kInvalidBody && !is_odd_object(text, kind_)) {
        if (base::fault_disabled("malformed-event") || base::fault_disabled("wrong-kind"))
            return {};
        return fail(malformed("the cluster sent an object that is not valid: " +
                              prepared.error().message.substr(0, 300)));
    }
    if (!whole_list) {
        if (!prepared) return take_odd_event(text, prepared.error().message);
        return take_change(std::move(*prepared));
    }
    if (!prepared) {
        note_skipped(json::read_cut_object(text), prepared.error().message);
        return {};
    }
    if (base::fault_disabled("unordered-list") && !objects_.empty() &&
        prepared->name < objects_.back().name)
        return {};
    object_bytes_ += prepared->text.size();
    objects_.push_back(std::move(*prepared));
    return {};
}

Result<void> Reflector::take_change(model::PreparedObject object) {
    Event event;
    event.type = Event::Type::kPut;
    event.version = object.version;
    event.object = std::move(object);
    if (skipped_.count() > 0) {
        json::ObjectHead head;
        head.ns = event.object.ns;
        head.name = event.object.name;
        note_not_skipped(head);
    }
    if (event.version == taken_version_ && !base::fault_disabled("duplicate-event")) return {};
    SNAPGATE_TRY(advance(event.version));
    events_.push_back(std::move(event));
    return {};
}

// It cannot be shown as it is now; what it was before is not to be shown any more.
Result<void> Reflector::take_odd_event(std::string_view text, std::string_view why) {
    const json::ObjectHead head = json::read_cut_object(text);
    note_skipped(head, why);
    if (head.name.empty() && head.version.empty()) return {};
    return take_removal(head);
}

Result<void> Reflector::take_removal(const json::ObjectHead& head, bool again) {
    if (!is_version(head.version) && !base::fault_disabled("valid-version")) {
        // Where a watch would go on from it does not say; a list does.
        Setback unknown = malformed("the cluster sent an object without a valid version");
        unknown.state = MirrorState::kSyncing;
        unknown.at_once = true;
        return fail(std::move(unknown));
    }
    Event event;
    // What has no valid name was never shown.
    if (model::is_dns_subdomain(head.name) && model::is_dns_label(head.ns)) {
        event.type = Event::Type::kDelete;
        event.key = {head.ns, head.name};
    }
    event.version = head.version;
    if (event.version == taken_version_ && !again && !base::fault_disabled("duplicate-event"))
        return {};
    SNAPGATE_TRY(advance(event.version));
    events_.push_back(std::move(event));
    return {};
}

Result<void> Reflector::take_deletion(std::string_view text) {
    const json::ObjectHead head = json::read_cut_object(text);
    if (!is_odd_object(text, kind_))
        return fail(malformed("the cluster sent a deletion of no valid object"));
    if (initial_) {
        // What goes while a state is still being sent cannot be taken out of it here: a list can.
        Setback mixed = malformed("the cluster sent a deletion within its list");
        mixed.at_once = true;
        watch_list_ = false;
        return fail(std::move(mixed));
    }
    note_not_skipped(head);
    if (head.name.empty() && head.version.empty()) {
        note_skipped({}, "a deletion that does not say of what");
        return {};
    }
    return take_removal(head);
}

Result<void> Reflector::take_bookmark(std::string_view text) {
    const auto head = json::read_object_head(text);
    if (!head || !is_version(head->version))
        return fail(malformed("the cluster sent a bookmark without a valid version"));
    if (initial_) {
        if (!head->ends_initial_events) return {};
        initial_ = false;
        initial_version_ = taken_version_ = head->version;
        return {};
    }
    if (base::fault_disabled("bookmark-version")) return {};
    return advance(head->version);
}

Result<void> Reflector::take_large_frame(std::string_view beginning) {
    ++frames_;
    json::ObjectHead head = json::read_cut_object(beginning);
    note_skipped(head, "larger than 2 MiB", false);
    if (initial_) return {};
    // Its name or its version may stand behind the cut. Which object it is a list says, too.
    if (head.name.empty()) head.version.clear();
    if (!head.name.empty() && head.version.empty()) head.version = taken_version_;
    return take_removal(head, true);
}

}  // namespace snapgate::mirror

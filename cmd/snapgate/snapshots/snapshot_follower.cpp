#include "snapshots/snapshot_follower.h"

#include <fmt/format.h>

#include <utility>

#include "base/encoding.h"
#include "json/cluster_answers.h"
#include "json/splitter.h"
#include "snapshots/snapshot_route.h"

namespace snapgate::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

// So long without a failure ends the growth of the pauses.
constexpr std::chrono::milliseconds kQuiet{120'000};
// A watch that ends sooner, without an event, counts as failed.
constexpr std::chrono::seconds kShortest{1};
constexpr unsigned kTooMany = 429;

bool is_temporary(const Failure& failure) {
    return failure.exit == Exit::kUnreachable || failure.status == kTooMany ||
           failure.status >= 500;
}

}  // namespace

SnapshotFollower::SnapshotFollower(Api& api, Console& console, const Interruption& interruption,
                                   SnapshotQuery query, FollowSinks sinks, FollowTiming timing)
    : api_(api),
      console_(console),
      interruption_(interruption),
      query_(std::move(query)),
      sinks_(std::move(sinks)),
      timing_(timing),
      stale_(api, console, query_.cluster),
      backoff_(timing.first_delay, timing.longest_delay, kQuiet) {}

Outcome<> SnapshotFollower::run() {
    while (true) {
        SNAPGATE_ASSIGN(auto version, list());
        if (!version) return {};
        version_ = std::move(*version);
        listed_ = true;
        SNAPGATE_TRY(sinks_.list_ended());
        SNAPGATE_ASSIGN(Ended ended, watch());
        if (ended == Ended::kStopped) return {};
        console_.note(
            "warning: the server no longer knows what changed since the last event: listing again; "
            "what was deleted meanwhile is not shown");
    }
}

Outcome<std::optional<std::string>> SnapshotFollower::list() {
    const net::StreamOptions options{timing_.idle, interruption_.fd()};
    while (true) {
        auto version = list_snapshots(api_, query_, options, sinks_.listed, &stale_);
        if (version) {
            reached();
            return version;
        }
        // If the first list fails, the command ends at once: the address may be wrong.
        if (!listed_) return std::move(version).error();
        SNAPGATE_ASSIGN(bool again, retry(std::move(version).error()));
        if (!again) return std::optional<std::string>();
    }
}

Outcome<SnapshotFollower::Ended> SnapshotFollower::watch() {
    expired_ = false;
    failed_.reset();
    while (true) {
        any_ = false;
        const auto begun = SteadyClock::now();
        auto streamed = watch_once();
        if (expired_ || (!streamed && streamed.error().is_expired())) {
            // Pauses, in case the server answers every version with a 410.
            if (!any_ && interruption_.wait(timing_.first_delay)) return Ended::kStopped;
            return Ended::kExpired;
        }
        if (streamed && streamed->end == net::StreamEnd::kStopped) return Ended::kStopped;
        // The watch worked until it ended.
        if (streamed && (any_ || SteadyClock::now() - begun >= kShortest)) continue;
        Failure failure =
            failed_    ? *std::exchange(failed_, std::nullopt)
            : streamed ? Failure(Exit::kUnreachable,
                                 fmt::format("{} ended a watch before it began", api_.server()))
                       : std::move(streamed).error();
        SNAPGATE_ASSIGN(bool again, retry(std::move(failure)));
        if (!again) return Ended::kStopped;
    }
}

Outcome<net::StreamedResponse> SnapshotFollower::watch_once() {
    json::ItemSplitter splitter([this](std::string_view text) { return take(text); },
                                kMostItemBytes);
    const net::StreamOptions options{timing_.idle, interruption_.fd()};
    return api_.kube_stream(
        list_target(query_, "watch=1&allowWatchBookmarks=true&resourceVersion=" +
                                base::percent_encode(version_)),
        options, [&](std::string_view piece) { return splitter.feed(piece); });
}

base::Result<void> SnapshotFollower::take(std::string_view text) {
    SNAPGATE_ASSIGN(WatchEvent event, parse_watch_event(text));
    if (event.type == WatchEvent::Type::kError) return take_error(event.object);
    any_ = true;
    reached();
    if (event.type != WatchEvent::Type::kBookmark && selects(query_, event.object))
        SNAPGATE_TRY(sinks_.changed(event.type, event.object));
    version_ = std::move(event.resource_version);
    return {};
}

base::Result<void> SnapshotFollower::take_error(const json::Object& status) {
    net::ClientResponse as_answer;
    as_answer.body = json::serialize(status);
    const auto read = json::read_status(as_answer.body);
    as_answer.status = read && read->code >= 400 && read->code < 600 ? read->code : 500;
    failed_ = failure_of(as_answer, api_.server());
    // A server that is behind the version that was seen was set back to an older state, by a
    // restored backup for example, and has another history from there on. Older servers answer this
    // with a 504, which is not a time-out that passes.
    expired_ = failed_->is_expired() || (read && read->has_cause("ResourceVersionTooLarge"));
    return base::Error(base::Code::kUnavailable, failed_->message);
}

Outcome<bool> SnapshotFollower::retry(Failure failure) {
    if (!is_temporary(failure)) return failure;
    if (!std::exchange(out_of_reach_, true))
        console_.note(fmt::format(
            "warning: trying again, to continue from the last change seen: {}", failure.message));
    return !interruption_.wait(backoff_.next(SteadyClock::now()));
}

void SnapshotFollower::reached() {
    backoff_.reset();
    if (std::exchange(out_of_reach_, false))
        console_.note(fmt::format("{} can be reached again", api_.server()));
}

}  // namespace snapgate::cli

#include "mirror/reflector.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "base/random_time.h"
#include "json/cluster_answers.h"
#include "mirror/list.h"
#include "model/names.h"
#include "model/version_order.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr size_t kStepEvents = 256;
// WatchList is on by default from this minor version of Kubernetes on.
constexpr unsigned kWatchListMinor = 32;
// A connection that was idle for this many probe intervals may have been cut without notice.
constexpr int kStaleProbes = 3;
// How long to wait while nobody waits for an answer: the next question ends this wait.
constexpr milliseconds kUntilAsked{3'600'000};

bool serves_watch_lists(const json::ServerVersion& version) {
    return version.major > 1 || version.minor >= kWatchListMinor ||
           version.text.find("snapgate") != std::string::npos;
}

}  // namespace

Reflector::Reflector(Parts parts, const net::Executor& executor)
    : cluster_(std::move(parts.cluster)),
      server_(std::move(parts.server)),
      sink_(parts.sink),
      clock_(parts.clock),
      wall_from_steady_ms_(clock_.now_ms() - clock_.steady_ms()),
      kind_(parts.kind),
      times_(parts.times),
      lists_(parts.lists),
      most_listed_(parts.most_listed),
      source_(parts.source),
      upstream_(std::move(parts.source), server_, parts.times.answer),
      alarm_(executor),
      check_alarm_(executor),
      touch_alarm_(executor),
      late_alarm_(executor),
      backoff_(parts.times.backoff_first, parts.times.backoff_most, parts.times.quiet),
      skipped_(cluster_),
      probe_after_(parts.times.probe) {
    session_.status = std::move(parts.last_known);
    session_.status.state = MirrorState::kPending;
    stored_confirmed_ms_ = session_.status.confirmed_ms;
    stored_synced_ms_ = session_.status.synced_ms;
    session_.status.since_ms = now().wall_ms;
}

Moment Reflector::now() const {
    return {SteadyClock::now(), clock_.steady_ms() + wall_from_steady_ms_};
}

void Reflector::happen(const SessionEvent& event) {
    std::vector<Action> actions;
    Setback why;
    {
        const base::MutexLock lock(mutex_);
        SessionStep step = next(std::move(session_), event, now(), times_);
        session_ = std::move(step.session);
        actions = std::move(step.actions);
        why = std::move(step.why);
    }
    for (const Action action : actions) act(action, why);
}

void Reflector::act(Action action, const Setback& why) {
    switch (action) {
        case Action::kInterrupt:
            upstream_.interrupt();
            break;
        case Action::kEndPause:
            alarm_.ring();
            break;
        case Action::kResetBackoff:
            backoff_.reset();
            break;
        case Action::kLook:
            touch_alarm_.ring();
            break;
        case Action::kConfirm:
            waiting_.answer({});
            break;
        case Action::kRefuse:
            waiting_.answer(not_confirmed());
            break;
        case Action::kRefuseForThat:
            waiting_.answer(Error(Code::kClusterUnavailable,
                                  fmt::format("cluster \"{}\": {}", cluster_, why.message)));
            break;
        case Action::kTellSetback:
            base::log::warning("a cluster cannot be followed", {{"cluster", cluster_},
                                                                {"state", to_text(why.state)},
                                                                {"reason", why.reason},
                                                                {"error", why.message}});
            break;
        case Action::kTellDoubt:
            base::log::warning(
                "a cluster is listed again, as its versions prove nothing",
                {{"cluster", cluster_}, {"reason", why.reason}, {"error", why.message}});
            break;
        case Action::kTellDifference:
            base::log::error("a mirror was not what its cluster has: it is listed again",
                             {{"cluster", cluster_}, {"difference", why.message}});
            break;
    }
}

Stage Reflector::stage() const {
    return ask([](const Session& session) { return session.stage; });
}

std::string Reflector::path() const {
    return fmt::format("/apis/{}/{}/{}", kind_.group,
                       ask([](const Session& session) { return session.served; }), kind_.plural);
}

MirrorStatus Reflector::status() const {
    const Moment moment = now();
    MirrorStatus status =
        ask([&](const Session& session) { return shown_status(session, moment, times_); });
    // The session's own times are shown as the system's clock has them now, so that its jumps
    // change no age. Times of an earlier process are shown as they were stored.
    const int64_t jumped_ms = clock_.now_ms() - moment.wall_ms;
    status.since_ms += jumped_ms;
    if (status.confirmed_ms != stored_confirmed_ms_) status.confirmed_ms += jumped_ms;
    if (status.synced_ms != stored_synced_ms_) status.synced_ms += jumped_ms;
    return status;
}

bool Reflector::reached(std::string_view version) const {
    return ask([version](const Session& session) {
        return session.version == version || model::is_newer(session.version, version);
    });
}

void Reflector::stop() {
    happen(event::Stopped{});
    upstream_.cut();
    if (checking_) checking_->cut();
    if (resuming_) resuming_->cut();
    if (asking_) asking_->cut();
    check_alarm_.ring();
    late_alarm_.ring();
}

void Reflector::use(std::shared_ptr<connect::ConnectionSource> source) {
    source_ = source;
    upstream_.use(source);
    if (asking_) asking_->use(std::move(source));
    happen(event::SourceChanged{});
    if (asking_) asking_->interrupt();
}

void Reflector::retry_now() {
    happen(event::RetryAsked{});
}

void Reflector::failed_by_a_bug(std::string_view what) {
    base::log::error("following a cluster ended by a bug",
                     {{"cluster", cluster_}, {"error", what}});
    happen(event::Crashed{});
    waiting_.answer(not_confirmed());
}

net::Awaitable<void> Reflector::run() {
    auto held = sink_.version();
    happen(event::Begun{held ? std::optional(std::move(*held)) : std::nullopt});
    for (Stage at = stage(); at != Stage::kEnd; at = stage()) {
        switch (at) {
            case Stage::kDiscover:
                co_await discover();
                break;
            case Stage::kAskVersion:
                co_await ask_server_version();
                break;
            case Stage::kList:
                co_await list();
                break;
            case Stage::kCollect:
                co_await watch(WatchBegin::kWithState);
                break;
            case Stage::kOpen:
                co_await watch(WatchBegin::kFromVersion);
                break;
            case Stage::kPause:
                co_await pause();
                break;
            default:
                throw std::logic_error(
                    fmt::format("a reflector has nothing to do in stage {}", to_text(at)));
        }
    }
    touch_alarm_.ring();
    late_alarm_.ring();
}

net::Awaitable<void> Reflector::pause() {
    const auto wanted = ask([](const Session& session) { return session.retry_after; });
    const milliseconds usual = backoff_.next(SteadyClock::now());
    co_await alarm_.wait(wanted.value_or(usual));
    happen(event::Waited{});
}

net::Awaitable<void> Reflector::discover() {
    auto text = co_await upstream_.fetch(fmt::format("/apis/{}", kind_.group));
    if (!text && text.error().status == 403) {
        // A user who may list may lack the right to discovery.
        happen(event::Discovered{std::string(kind_.versions.front()), false});
        co_return;
    }
    if (!text) co_return happen(event::Failed{std::move(text).error()});
    const auto versions = json::read_group_versions(*text);
    if (!versions)
        co_return happen(event::Failed{malformed("the cluster's discovery is not valid")});
    const std::string_view served = kind_.best_version(*versions);
    if (served.empty()) {
        Setback setback;
        setback.state = MirrorState::kNotInstalled;
        setback.reason = "VersionNotServed";
        setback.message =
            fmt::format("the cluster serves no version of {} that is known here", kind_.group);
        co_return happen(event::Failed{std::move(setback)});
    }
    // A server that hides its version is followed by lists, without WatchList.
    auto learned = co_await learn_server_version();
    happen(learned ? *learned : event::Learned{});
    metadata_.forget();
    happen(event::Discovered{std::string(served)});
}

net::Awaitable<void> Reflector::ask_server_version() {
    auto learned = co_await learn_server_version();
    if (learned) {
        happen(*learned);
    } else {
        happen(event::Failed{std::move(learned).error()});
    }
}

net::Awaitable<Outcome<event::Learned>> Reflector::learn_server_version() {
    auto text = co_await upstream_.fetch("/version");
    if (!text && !refuses_everything(text.error().status))
        co_return tl::unexpected(std::move(text).error());
    if (!text) co_return event::Learned{};
    const auto version = json::read_server_version(*text);
    if (!version) co_return event::Learned{event::Learned::Server{}};
    co_return event::Learned{event::Learned::Server{version->text, serves_watch_lists(*version)}};
}

net::Awaitable<void> Reflector::list() {
    std::string version;
    const bool newest = ask([&](const Session& session) {
        version = session.version;
        return session.need == Setback::Next::kRelistNewest;
    });
    const ListsUnderWay::Entry entry(lists_);
    Collector objects(sink_, lists_, most_listed_);
    auto listed =
        co_await take_list({upstream_, kind_, objects, skipped_, path(), times_.list_silence},
                           list_query(version, newest));
    if (!listed) co_return happen(event::Failed{std::move(listed).error()});
    auto published = co_await publish(std::move(*listed));
    if (!published) happen(event::Failed{std::move(published).error()});
}

// Publishes what was handed to the sink as the mirror's state.
net::Awaitable<Outcome<void>> Reflector::publish(std::string version) {
    const bool forgets =
        ask([&](const Session& session) { return forgets_versions(session, version); });
    auto replaced =
        co_await sink_.publish(version, forgets ? ToldVersions::kForgotten : ToldVersions::kKept);
    if (!replaced) co_return tl::unexpected(setback_of_sink(replaced.error()));
    if (metadata_.is_disproved(replaced->changed)) {
        base::log::warning("a cluster shows metadata alone in another form than in its objects",
                           {{"cluster", cluster_}});
    }
    skipped_settled_ = skipped_.changes();
    for (Check* check : {checking_.get(), resuming_.get()}) {
        if (check != nullptr) check->saw(version);
    }
    base::log::info(
        "took in a cluster's list",
        {{"cluster", cluster_}, {"objects", replaced->objects}, {"changed", replaced->changed}});
    happen(event::Listed{std::move(version), skipped_.count(), skipped_.example()});
    co_return Outcome<void>();
}

net::Awaitable<void> Reflector::watch(WatchBegin begin) {
    std::string version;
    const bool newest = ask([&](const Session& session) {
        version = session.version;
        return session.need == Setback::Next::kRelistNewest;
    });
    std::optional<ListsUnderWay::Entry> entry;
    if (begin == WatchBegin::kWithState) entry.emplace(lists_);
    auto answer = co_await upstream_.get(
        fmt::format("{}?{}", path(), watch_query(begin, version, newest, random_watch_time())),
        "application/json");
    if (!answer) co_return happen(event::Failed{std::move(answer).error()});
    happen(event::Opened{});
    Collector state(sink_, lists_, most_listed_);
    if (begin == WatchBegin::kWithState) {
        skipped_.clear();
        auto begun = co_await state.begin();
        if (!begun) {
            upstream_.drop();
            co_return happen(event::Failed{std::move(begun).error()});
        }
    }
    WatchReader reader(kind_, begin, version, skipped_);
    const milliseconds renew = base::spread(times_.renew);
    while (true) {
        auto piece = co_await upstream_.read(reader.in_state() ? times_.list_silence : renew);
        if (!piece || piece->empty()) {
            upstream_.drop();
            event::Ended ended{std::nullopt, reader.frames()};
            if (!piece) ended.setback = std::move(piece).error();
            co_return happen(ended);
        }
        const uint64_t skipped_before = skipped_.changes();
        WatchPiece taken = reader.feed(*piece);
        auto done = co_await take_in(taken, state);
        if (!reader.in_state()) {
            entry.reset();
            if (skipped_.changes() != skipped_before)
                happen(event::Skipped{skipped_.count(), skipped_.example()});
        }
        if (!done) {
            upstream_.drop();
            co_return happen(event::Failed{std::move(done).error(), taken.list_instead});
        }
        if (!reader.in_state()) happen(event::Heard{});
    }
}

net::Awaitable<Outcome<void>> Reflector::take_in(WatchPiece& piece, Collector& state) {
    for (model::PreparedObject& object : piece.state) state.add(std::move(object));
    auto flushed = co_await state.flush(piece.state_version.has_value());
    if (!flushed) co_return flushed;
    if (piece.state_version) {
        auto published = co_await publish(*piece.state_version);
        if (!published) co_return published;
    }
    auto applied = co_await apply(std::move(piece.changes));
    if (!applied) co_return applied;
    // A bookmark may stand behind the last event.
    const bool moved = ask([&](const Session& session) {
        return session.stage != Stage::kCollect && !piece.version.empty() &&
               session.version != piece.version;
    });
    if (moved) happen(event::Applied{piece.version});
    if (piece.failed) co_return tl::unexpected(*piece.failed);
    co_return Outcome<void>();
}

net::Awaitable<Outcome<void>> Reflector::apply(std::vector<Change> changes) {
    for (size_t at = 0; at < changes.size(); at += kStepEvents) {
        const size_t count = std::min(kStepEvents, changes.size() - at);
        const auto first = changes.begin() + static_cast<ptrdiff_t>(at);
        std::vector<Change> step(std::make_move_iterator(first),
                                 std::make_move_iterator(first + static_cast<ptrdiff_t>(count)));
        std::vector<std::string> versions;
        versions.reserve(count);
        for (const Change& change : step) versions.push_back(change.version);
        auto applied = co_await sink_.apply(std::move(step));
        if (!applied) co_return tl::unexpected(setback_of_sink(applied.error()));
        // A comparison hears of versions only once the sink has them, because it asks the sink for
        // their states. One that began meanwhile began with the version before them.
        for (Check* check : {checking_.get(), resuming_.get()}) {
            if (check == nullptr) continue;
            for (const std::string& version : versions) check->saw(version);
        }
        happen(event::Applied{std::move(versions.back()), count});
    }
    skipped_settled_ = skipped_.changes();
    co_return Outcome<void>();
}

net::Awaitable<void> Reflector::stay_in_touch() {
    resuming_.reset();
    probe_after_ = base::spread(times_.probe);
    while (!has_ended()) {
        const LivenessStep step = ask([this](const Session& session) {
            const Moment moment = now();
            return next_step(liveness_of(session, !waiting_.empty(), moment, times_), probe_after_,
                             moment.time);
        });
        switch (step.what) {
            case LivenessStep::What::kWait:
                co_await touch_alarm_.wait(step.wait);
                break;
            case LivenessStep::What::kProbe:
                co_await probe();
                break;
            case LivenessStep::What::kCompare:
                co_await compare_after_loss();
                break;
            case LivenessStep::What::kRefuse:
                waiting_.answer(not_confirmed());
                break;
        }
    }
    waiting_.answer(not_confirmed());
}

void Reflector::confirm(Confirmations::Done done) {
    if (has_ended() || !status().ready()) {
        done(not_confirmed());
        return;
    }
    if (waiting_.empty()) late_alarm_.ring();
    waiting_.wait(std::move(done), SteadyClock::now() + times_.probe_answer);
    touch_alarm_.ring();
}

net::Awaitable<void> Reflector::answer_the_late() {
    while (!has_ended()) {
        const auto until = waiting_.first_until();
        const milliseconds wait =
            until ? std::chrono::ceil<milliseconds>(*until - SteadyClock::now()) : kUntilAsked;
        co_await late_alarm_.wait(std::max(wait, milliseconds(1)));
        waiting_.answer_late(SteadyClock::now(), not_confirmed());
    }
}

Error Reflector::not_confirmed() const {
    const MirrorStatus shown = status();
    if (shown.ready()) {
        const std::string busy = ask([](const Session& session) {
            return SteadyClock::now() < session.busy_until ? session.busy_message : "";
        });
        return {Code::kClusterUnavailable,
                fmt::format("cluster \"{}\": {}", cluster_,
                            busy.empty() ? "it did not answer in time" : busy)};
    }
    return {Code::kClusterUnavailable,
            fmt::format("cluster \"{}\" is {}", cluster_, describe(shown))};
}

net::Awaitable<void> Reflector::probe() {
    happen(event::Asked{});
    std::string held = ask([](const Session& session) { return session.version; });
    auto told = co_await ask_version();
    probe_after_ = base::spread(times_.probe);
    happen(event::Answered{std::move(held), std::move(told)});
}

// Asks the cluster for its own version: the answer is small, and never from a cache.
net::Awaitable<Outcome<std::string>> Reflector::ask_version() {
    if (!asking_) {
        asking_ = std::make_unique<Upstream>(source_, server_, times_.answer);
    } else if (SteadyClock::now() - asking_->last_heard() > kStaleProbes * times_.probe) {
        asking_->drop();
    }
    auto text = co_await asking_->fetch_within(times_.probe_answer, path() + "?limit=1",
                                               std::string(kMetadataOnly));
    if (!text) co_return tl::unexpected(std::move(text).error());
    auto head = json::read_list_head(*text);
    if (!head || !model::is_plain_word(head->version) || !head->kind.ends_with("List"))
        co_return tl::unexpected(malformed("the cluster answered a list that is none"));
    co_return std::move(head->version);
}

std::unique_ptr<Check> Reflector::begin_check(std::string version) {
    return std::make_unique<Check>(Check::Parts{source_, server_, path(), times_.answer,
                                                times_.list_silence, sink_, skipped_, metadata_},
                                   std::move(version));
}

Check::Patience Reflector::patience(milliseconds most, net::Alarm& alarm,
                                    std::function<bool()> goes_on) const {
    return {most, alarm, std::move(goes_on),
            [this](std::string_view version) { return reached(version); },
            ask([](const Session& session) { return session.version; })};
}

net::Awaitable<void> Reflector::compare_after_loss() {
    const uint64_t skipped_before = skipped_settled_;
    auto version = sink_.version();
    if (!version)
        co_return happen(event::Compared{tl::unexpected(setback_of_sink(version.error()))});
    resuming_ = begin_check(std::move(*version));
    auto difference = co_await resuming_->compare_newest(
        patience(times_.explain, touch_alarm_, [this] { return is_following(); }));
    resuming_.reset();
    happen(event::Compared{std::move(difference), skipped_.changes() != skipped_before});
}

net::Awaitable<void> Reflector::check_from_time_to_time() {
    checking_.reset();
    // A random first delay: clusters that were connected together are not compared together.
    milliseconds delay = base::random_up_to(times_.check);
    while (!has_ended()) {
        co_await check_alarm_.wait(delay);
        if (has_ended()) break;
        delay = times_.check - times_.check / 8 + base::random_up_to(times_.check / 4);
        if (!status().ready()) continue;
        auto version = sink_.version();
        if (!version || version->empty()) continue;
        // The version in the store is compared, not the session's: a bookmark may be newer.
        checking_ = begin_check(std::move(*version));
        const uint64_t skipped_before = skipped_settled_;
        auto difference =
            co_await checking_->compare(patience(times_.check_patience, check_alarm_, [this] {
                return !has_ended() && status().ready();
            }));
        checking_.reset();
        happen(event::Checked{std::move(difference), skipped_.changes() != skipped_before});
    }
}

}  // namespace snapgate::mirror

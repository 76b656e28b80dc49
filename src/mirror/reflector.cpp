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
#include "net/client/outbound.h"

namespace snapgate::mirror {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr size_t kStepEvents = 256;
// API servers and balancers end connections that are idle for longer than this, as a rule.
constexpr milliseconds kIdleConnection{60'000};
// WatchList is on by default from this minor version of Kubernetes on.
constexpr unsigned kWatchListMinor = 32;

bool serves_watch_lists(const json::ServerVersion& version) {
    return version.major > 1 || version.minor >= kWatchListMinor ||
           version.text.find("snapgate") != std::string::npos;
}

}  // namespace

Reflector::Reflector(Parts parts, const net::Executor& executor)
    : context_{.cluster = parts.cluster,
               .server = std::move(parts.server),
               .kind = parts.kind,
               .times = parts.times,
               .sink = parts.sink,
               .source = parts.source,
               .skipped = SkippedObjects(parts.cluster, parts.kind.plural),
               .session = LiveSession(
                   std::move(parts.last_known), parts.clock, parts.times,
                   [this](Action action, const Setback& why) { act(action, why); }, parts.turns)},
      session_(context_.session),
      lists_(parts.lists),
      most_listed_(parts.most_listed),
      upstream_(std::move(parts.source), context_.server, parts.times.answer),
      pause_alarm_(executor),
      backoff_(parts.times.backoff_first, parts.times.backoff_most, parts.times.quiet),
      checks_(context_, executor),
      contact_(context_, checks_, executor) {}

void Reflector::act(Action action, const Setback& why) {
    switch (action) {
        case Action::kInterrupt:
            upstream_.interrupt();
            break;
        case Action::kEndPause:
            pause_alarm_.ring();
            break;
        case Action::kResetBackoff:
            backoff_.reset();
            break;
        case Action::kLook:
            contact_.look();
            break;
        case Action::kConfirm:
            contact_.answer({});
            break;
        case Action::kRefuse:
            contact_.refuse();
            break;
        case Action::kRefuseForThat:
            contact_.answer(
                base::Error(base::Code::kClusterUnavailable,
                            fmt::format("cluster \"{}\": {}", context_.cluster, why.message)));
            break;
        case Action::kTellSetback:
            tell_setback(why);
            break;
        case Action::kTellRecovery:
            if (is_told_by_snapshots(why.state)) break;
            base::log::info("a cluster is followed again", {{"cluster", context_.cluster},
                                                            {"kind", context_.kind.plural},
                                                            {"after", why.message}});
            break;
        case Action::kTellDoubt:
            base::log::warning("a cluster is listed again, as its versions prove nothing",
                               {{"cluster", context_.cluster},
                                {"kind", context_.kind.plural},
                                {"reason", why.reason},
                                {"error", why.message}});
            break;
        case Action::kTellDifference:
            base::log::error("a mirror was not what its cluster has: it is listed again",
                             {{"cluster", context_.cluster},
                              {"kind", context_.kind.plural},
                              {"difference", why.message}});
            break;
    }
}

// Every kind of a cluster's objects fails if the connection does: the snapshots tell of it.
bool Reflector::is_told_by_snapshots(MirrorState state) const {
    return context_.kind.stored != model::Kind::kSnapshot &&
           (state == MirrorState::kUnreachable || state == MirrorState::kUnauthorized);
}

void Reflector::tell_setback(const Setback& why) const {
    if (is_told_by_snapshots(why.state)) return;
    base::log::warning("a cluster cannot be followed", {{"cluster", context_.cluster},
                                                        {"kind", context_.kind.plural},
                                                        {"state", to_text(why.state)},
                                                        {"reason", why.reason},
                                                        {"error", why.message}});
}

void Reflector::stop() {
    session_.happen(event::Stopped{});
    upstream_.cut();
    checks_.cut();
    contact_.cut();
}

void Reflector::use(std::shared_ptr<connect::ConnectionSource> source) {
    context_.source = source;
    upstream_.use(source);
    contact_.use(std::move(source));
    guesses_ = 0;
    session_.happen(event::SourceChanged{});
    contact_.interrupt();
}

void Reflector::retry_now() {
    session_.happen(event::RetryAsked{});
}

void Reflector::failed_by_a_bug(std::string_view what) {
    base::log::error(
        "following a cluster ended by a bug",
        {{"cluster", context_.cluster}, {"kind", context_.kind.plural}, {"error", what}});
    session_.happen(event::Crashed{});
    contact_.refuse();
}

net::Awaitable<void> Reflector::run() {
    auto held = context_.sink.version();
    session_.happen(event::Begun{held ? std::optional(std::move(*held)) : std::nullopt});
    for (Stage at = session_.stage(); at != Stage::kEnd; at = session_.stage()) {
        switch (at) {
            case Stage::kDiscover:
                co_await discover();
                break;
            case Stage::kAskServer:
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
    contact_.end();
}

net::Awaitable<void> Reflector::pause() {
    const auto wanted = session_.ask([](const Session& session) { return session.retry_after; });
    milliseconds usual = backoff_.next(SteadyClock::now());
    if (session_.status().state == MirrorState::kNotInstalled) {
        usual = std::max(usual, base::spread(context_.times.absent));
        // The cluster would end it before that is over.
        if (usual > kIdleConnection) upstream_.drop();
    }
    co_await pause_alarm_.wait(wanted.value_or(usual));
    session_.happen(event::Waited{});
}

net::Awaitable<void> Reflector::discover() {
    auto text = co_await upstream_.fetch(fmt::format("/apis/{}", context_.kind.group));
    if (!text && text.error().status == 403) {
        // A user who may list may lack the right to discovery. Which version is served shows then
        // from what the lists of one after another come to.
        const auto& versions = context_.kind.versions;
        const size_t at = guesses_++ % std::size(versions);
        session_.happen(event::Discovered{std::string(versions[at]), false});
        co_return;
    }
    if (!text) co_return session_.happen(event::Failed{std::move(text).error()});
    const auto versions = json::read_group_versions(*text);
    if (!versions) {
        co_return session_.happen(event::Failed{upstream_.as_answered(
            malformed("the cluster's discovery is not valid: " + versions.error().message))});
    }
    const std::string_view served = context_.kind.best_version(*versions);
    if (served.empty()) {
        Setback setback;
        setback.state = MirrorState::kNotInstalled;
        setback.reason = "VersionNotServed";
        setback.message = fmt::format("the cluster serves no version of {} that is known here",
                                      context_.kind.group);
        co_return session_.happen(event::Failed{std::move(setback)});
    }
    // Where the kind was looked for in vain before, the server's version is known from then.
    const bool knows_server = session_.ask([](const Session& session) {
        return session.status.state == MirrorState::kNotInstalled &&
               !session.server_version.empty();
    });
    if (!knows_server) {
        // A server that hides its version is followed by lists, without WatchList.
        auto learned = co_await learn_server_version();
        session_.happen(learned ? *learned : event::Learned{});
    }
    checks_.metadata().forget();
    session_.happen(event::Discovered{std::string(served)});
}

net::Awaitable<void> Reflector::ask_server_version() {
    auto learned = co_await learn_server_version();
    if (learned) {
        session_.happen(*learned);
    } else {
        session_.happen(event::Failed{std::move(learned).error()});
    }
}

net::Awaitable<Outcome<event::Learned>> Reflector::learn_server_version() {
    auto text = co_await upstream_.fetch("/version");
    if (!text) {
        // Whatever the answer is, it decides only which kind of list is asked for. So does an
        // answer that does not come: the list shows whether the cluster is there. One that has no
        // time is left alone.
        const Setback& failure = text.error();
        const bool is_there = failure.status != 0
                                  ? !failure.busy && !failure.retry_after
                                  : failure.reason == net::outbound_reason::kAnswerTimeout;
        if (!is_there) co_return tl::unexpected(std::move(text).error());
        co_return event::Learned{};
    }
    const auto version = json::read_server_version(*text);
    if (!version) co_return event::Learned{event::Learned::Server{}};
    co_return event::Learned{event::Learned::Server{version->text, serves_watch_lists(*version)}};
}

Reflector::WantedList Reflector::wanted_list() const {
    return session_.ask([](const Session& session) {
        return WantedList{session.version, session.need == Setback::Next::kRelistNewest};
    });
}

net::Awaitable<void> Reflector::list() {
    const WantedList wanted = wanted_list();
    const ListsUnderWay::Entry entry(lists_);
    Collector objects(context_.sink, lists_, most_listed_);
    auto listed = co_await take_list({upstream_, context_.kind, objects, context_.skipped,
                                      context_.path(), context_.times.list_silence},
                                     list_query(wanted.version, wanted.newest));
    if (!listed) co_return session_.happen(event::Failed{std::move(listed).error()});
    auto published = co_await publish(std::move(*listed));
    if (!published) session_.happen(event::Failed{std::move(published).error()});
}

// Publishes what was handed to the sink as the mirror's state.
net::Awaitable<Outcome<void>> Reflector::publish(std::string version) {
    const bool forgets =
        session_.ask([&](const Session& session) { return forgets_versions(session, version); });
    auto replaced = co_await context_.sink.publish(
        version, forgets ? ToldVersions::kForgotten : ToldVersions::kKept);
    if (!replaced) co_return tl::unexpected(setback_of_sink(replaced.error()));
    if (checks_.metadata().is_disproved(replaced->changed)) {
        base::log::warning("a cluster shows metadata alone in another form than in its objects",
                           {{"cluster", context_.cluster}, {"kind", context_.kind.plural}});
    }
    checks_.settle();
    checks_.saw(replaced->version);
    base::log::info("took in a cluster's list", {{"cluster", context_.cluster},
                                                 {"kind", context_.kind.plural},
                                                 {"objects", replaced->objects},
                                                 {"changed", replaced->changed}});
    session_.happen(
        event::Listed{std::move(version), context_.skipped.count(), context_.skipped.example()});
    co_return Outcome<void>();
}

net::Awaitable<void> Reflector::watch(WatchBegin begin) {
    const WantedList wanted = wanted_list();
    std::optional<ListsUnderWay::Entry> entry;
    if (begin == WatchBegin::kWithState) entry.emplace(lists_);
    const std::chrono::seconds length = random_watch_time(begin, context_.times.renew);
    const auto asked = SteadyClock::now();
    auto answer = co_await upstream_.get(
        fmt::format("{}?{}", context_.path(),
                    watch_query(begin, wanted.version, wanted.newest, length)),
        "application/json");
    if (!answer) co_return session_.happen(event::Failed{std::move(answer).error()});
    session_.happen(event::Opened{});
    Collector state(context_.sink, lists_, most_listed_);
    if (begin == WatchBegin::kWithState) {
        context_.skipped.clear();
        auto begun = co_await state.begin();
        if (!begun) {
            upstream_.drop();
            co_return session_.happen(event::Failed{std::move(begun).error()});
        }
    }
    WatchReader reader(context_.kind, begin, wanted.version, context_.skipped);
    const milliseconds renew = base::spread(context_.times.renew);
    while (true) {
        auto piece =
            co_await upstream_.read(reader.in_state() ? context_.times.list_silence : renew);
        if (!piece || piece->empty()) {
            event::Ended ended{std::nullopt, reader.frames()};
            if (!piece) {
                ended.setback = std::move(piece).error();
            } else if (SteadyClock::now() - asked >= length) {
                // It is as good as a bookmark, and the next watch goes over the same connection.
                session_.happen(event::Heard{});
            } else {
                // The server may be about to stop, or the end be that of something between.
                upstream_.drop();
            }
            co_return session_.happen(ended);
        }
        const uint64_t skipped_before = context_.skipped.changes();
        WatchPiece taken = reader.feed(*piece);
        auto done = co_await take_in(taken, state);
        if (!reader.in_state()) {
            entry.reset();
            if (context_.skipped.changes() != skipped_before)
                session_.happen(
                    event::Skipped{context_.skipped.count(), context_.skipped.example()});
        }
        if (!done) {
            upstream_.drop();
            co_return session_.happen(
                event::Failed{upstream_.as_answered(std::move(done).error()), taken.list_instead});
        }
        if (!reader.in_state()) session_.happen(event::Heard{});
        if (taken.is_doubtful) session_.happen(event::Doubted{});
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
    const bool moved = session_.ask([&](const Session& session) {
        return session.stage != Stage::kCollect && !piece.version.empty() &&
               session.version != piece.version;
    });
    if (moved) session_.happen(event::Applied{piece.version});
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
        auto applied = co_await context_.sink.apply(std::move(step));
        if (!applied) co_return tl::unexpected(setback_of_sink(applied.error()));
        // A comparison hears of versions only once the sink has them, because it asks the sink for
        // their states. One that began meanwhile began with the version before them.
        for (const std::string& version : versions) checks_.saw(version);
        session_.happen(event::Applied{std::move(versions.back()), count});
    }
    checks_.settle();
    co_return Outcome<void>();
}

}  // namespace snapgate::mirror

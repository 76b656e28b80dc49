#include "mirror/reflector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "base/fault_switch.h"
#include "base/log.h"
#include "base/test_time.h"
#include "base/utf8.h"
#include "mirror/versions.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::milliseconds;

namespace {

// A Retry-After is honoured so often, one after another.
constexpr size_t kMostRetriesAfter = 10;
// What came before a watch was open is on its way for about so long.
constexpr milliseconds kSettles{100};
// WatchList is on by default from this minor version of Kubernetes on.
constexpr unsigned kWatchListMinor = 32;
// For handlings that are switched off.
constexpr milliseconds kForEver{86'400'000};
// How long a mirror was out of touch of which that is not known.
constexpr milliseconds kUnknownAge{365LL * 86'400'000};

// A name that no object may have can be of any length.
std::string shortened(std::string_view text) {
    constexpr size_t kMostNameBytes = 253;
    std::string out(text.substr(0, kMostNameBytes));
    while (!base::is_utf8(out)) out.pop_back();
    return out;
}

model::ObjectKey skipped_key(const json::ObjectHead& head) {
    return {shortened(head.ns), shortened(head.name)};
}

// Whether all requests are refused so, and not WatchLists alone.
bool refuses_everything(unsigned status) {
    return status == 401 || status == 403 || status == 404;
}

bool is_wrong(std::string_view name) {
    return base::fault_disabled(name);
}

}  // namespace

ReflectorTimes ReflectorTimes::usual() {
    ReflectorTimes times{.backoff_first = base::test_time("backoff", milliseconds(800)),
                         .backoff_most = base::test_time("most", milliseconds(30'000)),
                         .quiet = base::test_time("quiet", milliseconds(120'000)),
                         .answer = base::test_time("answer", milliseconds(30'000)),
                         .list_silence = base::test_time("answer", milliseconds(60'000)),
                         .probe = base::test_time("probe", milliseconds(10'000)),
                         .probe_answer = base::test_time("probe-answer", milliseconds(5'000)),
                         .renew = base::test_time("renew", milliseconds(45'000)),
                         .lost = base::test_time("lost", milliseconds(5'000)),
                         .explain = base::test_time("explain", milliseconds(3'000)),
                         .brief = base::test_time("brief", milliseconds(1'000)),
                         .reopens = base::test_time("reopens", milliseconds(2'000)),
                         .check = base::test_time("check", milliseconds(3'600'000)),
                         .check_patience = milliseconds(120'000)};
    if (is_wrong("answer-timeout")) times.answer = kForEver;
    if (is_wrong("list-patience")) times.list_silence = kForEver;
    if (is_wrong("silence-limit")) times.renew = times.probe = kForEver;
    return times;
}

Reflector::Reflector(Parts parts, const net::Executor& executor)
    : cluster_(std::move(parts.cluster)),
      sink_(parts.sink),
      clock_(parts.clock),
      kind_(parts.kind),
      times_(parts.times),
      executor_(executor),
      lists_(parts.lists),
      server_(std::move(parts.server)),
      upstream_(parts.source, server_, parts.times.answer),
      source_(std::move(parts.source)),
      alarm_(executor),
      check_alarm_(executor),
      touch_alarm_(executor),
      late_alarm_(executor),
      probe_after_(parts.times.probe),
      backoff_(parts.times.backoff_first, parts.times.backoff_most, parts.times.quiet),
      most_listed_(parts.most_listed),
      status_(std::move(parts.last_known)) {
    status_.state = MirrorState::kPending;
    status_.since_ms = clock_.now_ms();
}

void Reflector::stop() {
    stopping_ = true;
    upstream_.cut();
    if (checking_) checking_->upstream.cut();
    if (resuming_) resuming_->upstream.cut();
    if (asking_) asking_->cut();
    alarm_.ring();
    check_alarm_.ring();
    touch_alarm_.ring();
    late_alarm_.ring();
}

// It may be another cluster, or this one made anew: what is known of it is looked at again.
void Reflector::use(std::shared_ptr<connect::ConnectionSource> source) {
    source_ = source;
    upstream_.use(source);
    if (asking_) asking_->use(std::move(source));
    if (is_wrong("connection-changed")) return;
    discovered_ = false;
    busy_until_ = {};
    changed_ = true;
    watch_list_refused_by_.clear();
    next_ = Next::kRelistNewest;
    raise_doubt(Doubt::kVersions);
    note_streaming(false);
    note_state(MirrorState::kSyncing, "ConnectionChanged", "the cluster's connection was changed");
    backoff_.reset();
    hurried_ = 0;
    upstream_.interrupt();
    if (asking_) asking_->interrupt();
    alarm_.ring();
    touch_alarm_.ring();
}

void Reflector::retry_now() {
    if (status().ready()) return;
    backoff_.reset();
    alarm_.ring();
}

net::Awaitable<void> Reflector::run() {
    auto version = sink_.version();
    if (version) set_version(*version);
    const MirrorStatus known = status();
    const std::string& resume = known.resume_version;
    // A bookmark that was written down moved the version on, if nothing came after it.
    if (version && !version->empty() && is_newer(resume, *version) &&
        known.list_version == *version)
        set_version(resume);
    // What was stored is gone on from, where the cluster still knows it.
    need(version_.empty() ? Next::kRelist : Next::kSame);
    const milliseconds age(clock_.now_ms() - known.confirmed_ms);
    const bool is_known = known.confirmed_ms > 0 && age >= milliseconds(0);
    away_since_ = SteadyClock::now() - (is_known ? age : kUnknownAge);
    failed_since_ = true;
    while (!stopping_ && !gone_) {
        auto outcome = co_await attempt();
        listing_.reset();
        if (outcome || stopping_ || gone_) continue;
        const Setback& setback = outcome.error();
        note_setback(setback);
        if (setback.at_once && ++hurried_ <= kMostHurried) continue;
        if (is_wrong("retry-" + setback.reason)) break;
        milliseconds delay = backoff_.next(SteadyClock::now());
        if (setback.retry_after && ++retries_after_ <= kMostRetriesAfter)
            delay = std::max(*setback.retry_after, times_.backoff_first);
        co_await alarm_.wait(delay);
    }
    note_streaming(false);
    touch_alarm_.ring();
    late_alarm_.ring();
}

void Reflector::failed_by_a_bug(std::string_view what) {
    note_streaming(false);
    note_state(MirrorState::kFailing, "InternalError",
               "the server failed at following the cluster");
    base::log::error("following a cluster ended by a bug",
                     {{"cluster", cluster_}, {"error", what}});
    // What one of them left half done is not gone on with.
    next_ = Next::kRelistNewest;
    raise_doubt(Doubt::kVersions);
    upstream_.interrupt();
    waiting_.answer(not_confirmed());
}

void Reflector::need(Next next) {
    if (next == Next::kDiscover) {
        // What is discovered is listed again: it may be another server.
        discovered_ = false;
        next = is_wrong("discovery-relist") ? Next::kSame : Next::kRelist;
    }
    if (next_ == Next::kRelistNewest || next == Next::kSame) return;
    next_ = next;
}

net::Awaitable<Outcome<void>> Reflector::attempt() {
    changed_ = false;
    if (!discovered_) {
        auto found = co_await discover();
        if (!found) co_return found;
        discovered_ = true;
    }
    if (next_ != Next::kSame || version_.empty()) {
        // What was away may be another version of the server now.
        if (failed_since_ && version_known_) {
            auto learned = co_await learn_server_version();
            if (!learned) co_return learned;
        }
        version_known_ = true;
        note_state(MirrorState::kSyncing, "Listing", "the cluster's list is being taken in");
        const bool by_list = !watch_list_;
        auto listed = co_await relist();
        // A list says so, too: it was not about WatchList.
        if (!listed && by_list && refuses_everything(listed.error().status))
            watch_list_refused_by_.clear();
        if (!listed || watch_list_) co_return listed;
    }
    co_return co_await watch(Begin::kFromVersion);
}

net::Awaitable<Outcome<void>> Reflector::discover() {
    auto text = co_await upstream_.fetch(fmt::format("/apis/{}", kind_.group));
    if (!text && text.error().status == 403) {
        // Who may list may still not look around.
        served_ = kind_.versions.front();
        co_return Outcome<void>();
    }
    if (!text) co_return tl::unexpected(std::move(text).error());
    const auto versions = json::read_group_versions(*text);
    if (!versions) co_return tl::unexpected(malformed("the cluster's discovery is not valid"));
    const auto served = std::ranges::find_if(kind_.versions, [&](std::string_view known) {
        return std::ranges::find(*versions, known) != versions->end();
    });
    if (served == kind_.versions.end()) {
        Setback setback;
        setback.state = MirrorState::kNotInstalled;
        setback.reason = "VersionNotServed";
        setback.message =
            fmt::format("the cluster serves no version of {} that is known here", kind_.group);
        co_return tl::unexpected(std::move(setback));
    }
    served_ = is_wrong("served-version") ? kind_.versions.front() : *served;
    // A server that hides it is followed by lists.
    static_cast<void>(co_await learn_server_version());
    version_known_ = false;
    metadata_counts_ = true;
    const base::MutexLock lock(mutex_);
    status_.served_version = served_;
    co_return Outcome<void>();
}

net::Awaitable<Outcome<void>> Reflector::learn_server_version() {
    auto server = co_await upstream_.fetch("/version");
    watch_list_ = false;
    if (!server && !refuses_everything(server.error().status))
        co_return tl::unexpected(std::move(server).error());
    if (server) {
        const auto version = json::read_server_version(*server);
        server_version_ = version ? version->text : "";
        watch_list_ = version && (version->major > 1 || version->minor >= kWatchListMinor ||
                                  version->text.find("snapgate") != std::string::npos);
        if (watch_list_ && watch_list_refused_by_ == server_version_) watch_list_ = false;
    }
    co_return Outcome<void>();
}

std::string Reflector::path() const {
    return fmt::format("/apis/{}/{}/{}", kind_.group, served_, kind_.plural);
}

void Reflector::note_state(MirrorState state, std::string reason, std::string message) {
    const base::MutexLock lock(mutex_);
    if (status_.state != state) status_.since_ms = clock_.now_ms();
    status_.state = state;
    status_.reason = std::move(reason);
    status_.message = std::move(message);
}

void Reflector::note_setback(const Setback& setback) {
    need(setback.next);
    note_streaming(false);
    touch_alarm_.ring();
    if (setback.at_once && hurried_ < kMostHurried) {
        note_state(MirrorState::kSyncing, setback.reason, setback.message);
        return;
    }
    failed_since_ = true;
    {
        const base::MutexLock lock(mutex_);
        ++status_.failures;
    }
    note_state(setback.state, setback.reason, setback.message);
    // The same again, an attempt later, is no news.
    if (std::exchange(told_, setback.reason) != setback.reason) {
        base::log::warning("a cluster cannot be followed", {{"cluster", cluster_},
                                                            {"state", to_text(setback.state)},
                                                            {"reason", setback.reason},
                                                            {"error", setback.message}});
    }
}

int64_t Reflector::heard_ms() const {
    const auto silent = SteadyClock::now() - heard_;
    return clock_.now_ms() - std::chrono::duration_cast<milliseconds>(silent).count();
}

bool Reflector::is_sure() const {
    return streaming_ && doubt_ == Doubt::kNone && SteadyClock::now() >= settled_;
}

void Reflector::note_streaming(bool streaming) {
    const auto now = SteadyClock::now();
    if (!streaming && !away_since_) away_since_ = now;
    const base::MutexLock lock(mutex_);
    if (streaming == streaming_) return;
    if (streaming) {
        // Where nothing is in doubt there is nothing to be caught up with.
        settled_ = doubt_ == Doubt::kNone ? now : now + kSettles;
    } else {
        // Nothing is known of the time since the cluster was last heard.
        if (is_sure()) status_.confirmed_ms = std::max(status_.confirmed_ms, heard_ms());
        stopped_streaming_ = now;
    }
    streaming_ = streaming;
}

bool Reflector::is_streaming() const {
    const base::MutexLock lock(mutex_);
    return streaming_;
}

void Reflector::set_version(std::string version) {
    version_ = version;
    const base::MutexLock lock(mutex_);
    reached_ = std::move(version);
}

MirrorStatus Reflector::status() const {
    const base::MutexLock lock(mutex_);
    MirrorStatus status = status_;
    status.resume_version = reached_;
    if (is_sure()) status.confirmed_ms = std::max(status.confirmed_ms, heard_ms());
    if (!status.ready()) return status;
    const auto now = SteadyClock::now();
    if (doubt_ != Doubt::kNone || (streaming_ && now < settled_)) {
        status.state = MirrorState::kSyncing;
        status.reason = "CatchingUp";
        status.message =
            doubt_ == Doubt::kContent
                ? "the connection was lost for a while: the mirror is compared with the cluster"
                : "the changes since the last connection are being taken in";
    } else if (!streaming_ && now - stopped_streaming_ > times_.reopens) {
        status.state = MirrorState::kSyncing;
        status.reason = "Reconnecting";
        status.message = "the last watch has ended, and the next one is not open yet";
    }
    return status;
}

bool Reflector::reached(std::string_view version) const {
    const base::MutexLock lock(mutex_);
    return reached_ == version || is_newer(reached_, version);
}

Setback Reflector::sink_failed(const Error& error) {
    Setback setback;
    if (error.code == Code::kNotFound) gone_ = true;
    setback.state = MirrorState::kFailing;
    setback.reason = error.code == Code::kStorageFull ? "StorageFull" : "StoreFailed";
    setback.message = error.message;
    // Nothing of what failed was done; what came with it is lost.
    setback.next = Next::kRelist;
    return setback;
}

void Reflector::note_skipped(const json::ObjectHead& head, std::string_view why, bool is_whole) {
    const model::ObjectKey key = skipped_key(head);
    const std::string name = key.name.empty() ? "one without a name" : key.ns + "/" + key.name;
    if (key.name.empty() && is_whole) {
        skipped_.add_nameless();
    } else {
        skipped_.add(key);
    }
    base::log::warning("an object of a cluster cannot be shown",
                       {{"cluster", cluster_}, {"object", name}, {"error", why}});
    const base::MutexLock lock(mutex_);
    if (!in_list_ && !initial_) status_.skipped = skipped_.count();
    status_.skipped_example = fmt::format("{}: {}", name, why.substr(0, 300));
}

void Reflector::note_not_skipped(const json::ObjectHead& head) {
    const model::ObjectKey key = skipped_key(head);
    if (!skipped_.contains(key)) return;
    skipped_.remove(key);
    const base::MutexLock lock(mutex_);
    status_.skipped = skipped_.count();
    if (status_.skipped == 0) status_.skipped_example.clear();
}

Result<void> Reflector::fail(Setback setback) {
    failed_ = std::move(setback);
    // Ends the splitter; what counts is `failed_`.
    return Error(Code::kBadPeer, failed_->message);
}

}  // namespace snapgate::mirror

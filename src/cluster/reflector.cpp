#include "cluster/reflector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "base/fault_switch.h"
#include "base/log.h"
#include "base/test_time.h"
#include "cluster/versions.h"

namespace snapgate::cluster {

using base::Code;
using base::Error;
using base::Result;
using std::chrono::milliseconds;

namespace {

// A Retry-After is honoured so often, one after another.
constexpr size_t kMostRetriesAfter = 10;
// A watch that ended in good order is followed by the next one; for so long that is no news.
constexpr milliseconds kReconnects{2'000};
// What came before a watch was open is on its way for about so long.
constexpr milliseconds kSettles{100};
// So often something is tried again at once; then there is a pause.
constexpr size_t kMostHurried = 3;
// WatchList is on by default from this minor version of Kubernetes on.
constexpr unsigned kWatchListMinor = 32;
// For handlings that are switched off.
constexpr milliseconds kForEver{86'400'000};

bool is_wrong(std::string_view name) {
    return base::fault_disabled(name);
}

}  // namespace

const ReflectedKind& snapshots() {
    static const ReflectedKind kind{"snapshot.kubevirt.io",
                                    "virtualmachinesnapshots",
                                    "VirtualMachineSnapshot",
                                    {"v1beta1", "v1alpha1"}};
    return kind;
}

ReflectorTimes ReflectorTimes::usual() {
    ReflectorTimes times{.backoff_first = base::test_time("backoff", milliseconds(800)),
                         .backoff_most = base::test_time("most", milliseconds(30'000)),
                         .quiet = milliseconds(120'000),
                         .answer = base::test_time("answer", milliseconds(30'000)),
                         .list_silence = base::test_time("answer", milliseconds(60'000)),
                         .silence = base::test_time("silence", milliseconds(90'000)),
                         .check = base::test_time("check", milliseconds(3'600'000))};
    if (is_wrong("answer-timeout")) times.answer = kForEver;
    if (is_wrong("list-patience")) times.list_silence = kForEver;
    if (is_wrong("silence-limit")) times.silence = kForEver;
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
      backoff_(parts.times.backoff_first, parts.times.backoff_most, parts.times.quiet),
      status_(std::move(parts.last_known)) {
    status_.state = MirrorState::kPending;
    status_.since_ms = clock_.now_ms();
}

void Reflector::stop() {
    stopping_ = true;
    upstream_.cut();
    if (checking_) checking_->cut();
    alarm_.ring();
    check_alarm_.ring();
}

// It may be another cluster, or this one made anew: what is known of it is looked at again.
void Reflector::use(std::shared_ptr<ConnectionSource> source) {
    source_ = source;
    upstream_.use(std::move(source));
    if (is_wrong("connection-changed")) return;
    discovered_ = false;
    changed_ = true;
    next_ = Next::kRelistNewest;
    note_streaming(false);
    note_state(MirrorState::kSyncing, "ConnectionChanged", "the cluster's connection was changed");
    backoff_.reset();
    hurried_ = 0;
    upstream_.interrupt();
    alarm_.ring();
}

void Reflector::retry_now() {
    if (status().ready()) return;
    backoff_.reset();
    alarm_.ring();
}

net::Awaitable<void> Reflector::run() {
    auto version = sink_.version();
    if (version) set_version(*version);
    const std::string resume = status().resume_version;
    // A bookmark that was written down moved the version on, if nothing came after it.
    if (version && !version->empty() && is_newer(resume, *version) &&
        status().list_version == *version)
        set_version(resume);
    // What was stored is gone on from, where the cluster still knows it.
    next_ = version_.empty() ? Next::kRelist : Next::kSame;
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
}

void Reflector::failed_by_a_bug(std::string_view what) {
    note_streaming(false);
    note_state(MirrorState::kFailing, "InternalError",
               "the server failed at following the cluster");
    base::log::error("following a cluster ended by a bug",
                     {{"cluster", cluster_}, {"error", what}});
    upstream_.drop();
    next_ = Next::kRelistNewest;
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
        note_state(MirrorState::kSyncing, "Listing", "the cluster's list is being taken in");
        auto listed = co_await relist();
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
    auto server = co_await upstream_.fetch("/version");
    watch_list_ = false;
    if (server) {
        const auto version = json::read_server_version(*server);
        watch_list_ = version && (version->major > 1 || version->minor >= kWatchListMinor ||
                                  version->text.find("snapgate") != std::string::npos);
    }
    const base::MutexLock lock(mutex_);
    status_.served_version = served_;
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
    if (setback.at_once && hurried_ < kMostHurried) {
        note_state(MirrorState::kSyncing, setback.reason, setback.message);
        return;
    }
    bool news = false;
    {
        const base::MutexLock lock(mutex_);
        news = status_.state != setback.state || status_.reason != setback.reason;
        ++status_.failures;
    }
    note_state(setback.state, setback.reason, setback.message);
    if (news) {
        base::log::warning("a cluster cannot be followed", {{"cluster", cluster_},
                                                            {"state", to_text(setback.state)},
                                                            {"reason", setback.reason},
                                                            {"error", setback.message}});
    }
}

void Reflector::note_streaming(bool streaming) {
    const int64_t now_ms = clock_.now_ms();
    const auto now = SteadyClock::now();
    const base::MutexLock lock(mutex_);
    if (streaming_ && !streaming) {
        // A stream that went silent says nothing about the time since then.
        const auto silent = std::chrono::duration_cast<milliseconds>(now - upstream_.last_heard());
        status_.confirmed_ms = now_ms - silent.count();
    }
    // Right behind a list nothing has to be caught up with.
    if (streaming && !streaming_) settled_ = std::exchange(fresh_, false) ? now : now + kSettles;
    streaming_ = streaming;
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
    if (streaming_) {
        const bool settled = SteadyClock::now() >= settled_;
        if (settled) status.confirmed_ms = clock_.now_ms();
        if (!settled && status.state == MirrorState::kReady) {
            status.state = MirrorState::kSyncing;
            status.reason = "CatchingUp";
            status.message = "the changes since the last connection are being taken in";
        }
    } else if (status.state == MirrorState::kReady &&
               clock_.now_ms() - status.confirmed_ms > kReconnects.count()) {
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

void Reflector::note_skipped(const model::ObjectKey& key, std::string_view why) {
    const std::string name =
        key.name.empty() ? "one whose name was not read" : key.ns + "/" + key.name;
    skipped_.add(key);
    base::log::warning("an object of a cluster cannot be shown",
                       {{"cluster", cluster_}, {"object", name}, {"error", why}});
    const base::MutexLock lock(mutex_);
    if (!in_list_ && !initial_) status_.skipped = skipped_.count();
    status_.skipped_example = fmt::format("{}: {}", name, why.substr(0, 300));
}

void Reflector::note_not_skipped(const model::ObjectKey& key) {
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

}  // namespace snapgate::cluster

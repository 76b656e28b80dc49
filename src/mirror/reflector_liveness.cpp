// How a reflector stays in touch with its cluster: it asks where a watch is silent, and looks into
// what is in doubt after a connection was lost.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "mirror/backoff.h"
#include "mirror/comparison.h"
#include "mirror/reflector.h"
#include "mirror/versions.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using std::chrono::milliseconds;

namespace {

// A connection that was not used for so many times the usual pause may be gone without a word.
constexpr int kStaleProbes = 3;
// Nobody waits before somebody asks, which ends the wait.
constexpr milliseconds kUntilAsked{3'600'000};

}  // namespace

net::Awaitable<void> Reflector::stay_in_touch() {
    resuming_.reset();
    probe_after_ = spread(times_.probe);
    while (!stopping_ && !gone_) {
        const LivenessStep step = next_step(liveness(), probe_after_, SteadyClock::now());
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
    if (stopping_ || gone_ || !status().ready()) {
        done(not_confirmed());
        return;
    }
    if (waiting_.empty()) late_alarm_.ring();
    waiting_.wait(std::move(done), SteadyClock::now() + times_.probe_answer);
    touch_alarm_.ring();
}

net::Awaitable<void> Reflector::answer_the_late() {
    while (!stopping_ && !gone_) {
        const auto until = waiting_.first_until();
        const milliseconds wait =
            until ? std::chrono::ceil<milliseconds>(*until - SteadyClock::now()) : kUntilAsked;
        co_await late_alarm_.wait(std::max(wait, milliseconds(1)));
        waiting_.answer_late(SteadyClock::now(), not_confirmed());
    }
}

Error Reflector::not_confirmed() const {
    const MirrorStatus now = status();
    if (now.ready()) {
        const bool busy = SteadyClock::now() < busy_until_;
        return {Code::kClusterUnavailable,
                fmt::format("cluster \"{}\": {}", cluster_,
                            busy ? busy_message_ : "it did not answer in time")};
    }
    std::string message = fmt::format("cluster \"{}\" is {}", cluster_, to_text(now.state));
    if (!now.reason.empty()) message += fmt::format(" ({})", now.reason);
    if (!now.message.empty()) message += ": " + now.message;
    return {Code::kClusterUnavailable, std::move(message)};
}

Liveness Reflector::liveness() const {
    Liveness now;
    now.asked = !waiting_.empty();
    now.probe_at_once = probe_at_once_;
    now.busy_until = busy_until_;
    const base::MutexLock lock(mutex_);
    now.watching = streaming_;
    now.reopening = status_.ready() && SteadyClock::now() - stopped_streaming_ <= times_.reopens;
    now.doubt = doubt_;
    now.heard = heard_;
    return now;
}

void Reflector::note_heard() {
    const base::MutexLock lock(mutex_);
    heard_ = SteadyClock::now();
}

void Reflector::note_confirmed() {
    away_since_.reset();
    failed_since_ = false;
    const base::MutexLock lock(mutex_);
    heard_ = SteadyClock::now();
    doubt_ = Doubt::kNone;
}

// It is there, and the watch is as good as before: whether the mirror is what it has shows later.
void Reflector::note_busy(const Setback& setback) {
    busy_until_ = SteadyClock::now() + std::clamp(setback.retry_after.value_or(times_.probe),
                                                  times_.backoff_first, times_.backoff_most);
    busy_message_ = setback.message;
    waiting_.answer(not_confirmed());
}

void Reflector::raise_doubt(Doubt doubt) {
    const base::MutexLock lock(mutex_);
    doubt_ = std::max(doubt_, doubt);
}

void Reflector::end_watch(Setback setback) {
    ended_by_ = std::move(setback);
    note_streaming(false);
    upstream_.interrupt();
}

void Reflector::doubt_versions(std::string reason, std::string message) {
    base::log::warning("a cluster is listed again, as its versions prove nothing",
                       {{"cluster", cluster_}, {"reason", reason}, {"error", message}});
    next_ = Next::kRelistNewest;
    raise_doubt(Doubt::kVersions);
    Setback setback;
    setback.state = MirrorState::kSyncing;
    setback.reason = std::move(reason);
    setback.message = std::move(message);
    setback.next = Next::kRelistNewest;
    setback.at_once = true;
    end_watch(std::move(setback));
}

// The cluster's own version: the answer is small, and as new as the cluster itself.
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
    if (!head || !is_version(head->version) || !head->kind.ends_with("List"))
        co_return tl::unexpected(malformed("the cluster answered a list that is none"));
    co_return std::move(head->version);
}

net::Awaitable<void> Reflector::probe() {
    probe_at_once_ = false;
    const std::string held = version_;
    auto told = co_await ask_version();
    probe_after_ = spread(times_.probe);
    // What is asked while no watch is open tells nothing about the mirror.
    if (stopping_ || !is_streaming()) co_return;
    if (!told && told.error().busy) {
        note_busy(told.error());
    } else if (!told) {
        Setback setback = std::move(told).error();
        setback.at_once = false;
        {
            const base::MutexLock lock(mutex_);
            away_since_ = heard_;
        }
        waiting_.answer(Error(Code::kClusterUnavailable,
                              fmt::format("cluster \"{}\": {}", cluster_, setback.message)));
        end_watch(std::move(setback));
    } else if (went_back(held, *told)) {
        doubt_versions("VersionsWentBack",
                       fmt::format("the cluster's versions went back, from {} to {}: it was "
                                   "restored, or it is another one",
                                   held, *told));
        waiting_.answer(not_confirmed());
    } else {
        note_confirmed();
        waiting_.answer({});
    }
}

net::Awaitable<Outcome<std::string>> Reflector::compare_with_held() {
    auto version = sink_.version();
    if (!version) co_return tl::unexpected(sink_failed(version.error()));
    resuming_ = begin_comparing(std::move(*version));
    Patience patience{times_.explain, touch_alarm_, [this] { return is_streaming(); }};
    auto outcome = co_await compare_newest(*resuming_, std::move(patience));
    resuming_.reset();
    co_return outcome;
}

net::Awaitable<void> Reflector::compare_after_loss() {
    const uint64_t skipped_before = skipped_settled_;
    auto outcome = co_await compare_with_held();
    // A watch that has ended meanwhile is opened again, and the doubt is still there.
    if (stopping_ || !is_streaming()) co_return;
    if (outcome && outcome->empty()) {
        note_confirmed();
        const base::MutexLock lock(mutex_);
        status_.synced_ms = clock_.now_ms();
    } else if (outcome) {
        // One that can be shown no more, or again, is left out of one side alone: compared again.
        if (skipped_.changes() != skipped_before) co_return;
        doubt_versions("DifferenceFound",
                       "after a lost connection no event explained a difference: " + *outcome);
    } else if (outcome.error().busy) {
        note_busy(outcome.error());
    } else if (outcome.error().reason.empty() || outcome.error().status == 410) {
        doubt_versions("NotCompared", outcome.error().message);
    } else {
        Setback setback = std::move(outcome).error();
        setback.at_once = false;
        end_watch(std::move(setback));
    }
}

}  // namespace snapgate::mirror

#include "mirror/contact.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/random_time.h"
#include "json/list_reader.h"
#include "mirror/list_head.h"
#include "mirror/session_status.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

namespace {

// A connection that was idle for this many probe intervals may have been cut without notice.
constexpr int kStaleProbes = 3;
// The time between two probes has so many steps of the clock, or more.
constexpr int kProbeSteps = 20;
// A list of one object is smaller.
constexpr size_t kSmallList = 4 << 20;
// The most time for a list of all objects, where a list of one was asked for.
constexpr milliseconds kLongestList{900'000};

}  // namespace

Contact::Contact(ReflectorContext& context, MirrorChecks& checks, const net::Executor& executor)
    : context_(context),
      checks_(checks),
      look_alarm_(executor),
      late_alarm_(executor),
      probe_after_{} {
    spread_probes();
}

void Contact::spread_probes() {
    const ReflectorTimes& times = context_.times;
    probe_after_ = {base::spread(times.probe), base::spread(times.unasked),
                    std::max(std::min(times.probe, times.unasked) / kProbeSteps, milliseconds(1))};
}

net::Awaitable<void> Contact::run() {
    const LiveSession& session = context_.session;
    checks_.forget_resumed();
    while (!session.has_ended()) {
        const Moment moment = session.now();
        const Liveness liveness = session.ask([&](const Session& now) {
            return liveness_of(now, !waiting_.empty(), moment, context_.times);
        });
        const LivenessStep step = next_step(liveness, probe_after_, moment.time);
        switch (step.what) {
            case LivenessStep::What::kWait:
                co_await look_alarm_.wait(step.wait);
                break;
            case LivenessStep::What::kProbe:
                co_await probe();
                break;
            case LivenessStep::What::kCompare:
                co_await checks_.compare_after_loss(look_alarm_);
                break;
            case LivenessStep::What::kRefuse:
                refuse();
                break;
        }
    }
    refuse();
}

void Contact::confirm(Confirmations::Done done) {
    if (context_.session.has_ended() || !context_.session.status().ready()) {
        done(not_confirmed());
        return;
    }
    if (waiting_.empty()) late_alarm_.ring();
    waiting_.wait(std::move(done), SteadyClock::now() + context_.times.probe_answer);
    look();
}

net::Awaitable<void> Contact::answer_the_late() {
    while (!context_.session.has_ended()) {
        const auto until = waiting_.first_until();
        const milliseconds wait =
            until ? std::chrono::ceil<milliseconds>(*until - SteadyClock::now()) : kUntilWoken;
        co_await late_alarm_.wait(std::max(wait, milliseconds(1)));
        waiting_.answer_late(SteadyClock::now(), not_confirmed());
    }
}

Error Contact::not_confirmed() const {
    const MirrorStatus shown = context_.session.status();
    if (!shown.ready()) {
        return {Code::kClusterUnavailable,
                fmt::format("cluster \"{}\" is {}", context_.cluster, describe(shown))};
    }
    const std::string busy = context_.session.ask([](const Session& session) {
        return SteadyClock::now() < session.busy_until ? session.busy_message : "";
    });
    return {Code::kClusterUnavailable,
            fmt::format("cluster \"{}\": {}", context_.cluster,
                        busy.empty() ? "it did not answer in time" : busy)};
}

net::Awaitable<void> Contact::probe() {
    context_.session.happen(event::Asked{});
    std::string held = context_.session.version();
    auto told = co_await ask_for_version();
    spread_probes();
    context_.session.happen(event::Answered{std::move(held), std::move(told)});
}

// Asks the cluster for the newest version of its objects: the answer is small, and never from a
// cache.
net::Awaitable<Outcome<std::string>> Contact::ask_for_version() {
    const ReflectorTimes& times = context_.times;
    if (!upstream_) {
        upstream_ = std::make_unique<Upstream>(context_.source, context_.server, times.answer);
    } else if (SteadyClock::now() - upstream_->last_heard() > kStaleProbes * times.probe) {
        upstream_->drop();
    }
    upstream_->hurry(times.probe_answer);
    auto answer = co_await upstream_->get_metadata(context_.path() + "?limit=1");
    if (!answer) co_return tl::unexpected(std::move(answer).error());
    auto head = co_await read_head();
    if (!head) co_return tl::unexpected(std::move(head).error());
    auto checked = check_list_head(*head, context_.kind, ListForm::kMetadata);
    if (!checked) co_return tl::unexpected(upstream_->as_answered(std::move(checked).error()));
    co_return std::move(head->version);
}

// Reads the answer as far as needed. A server that ignores the limit sends all objects, and says
// the version before or behind them: they are passed over. Such an answer may take its time, as
// long as it goes on.
net::Awaitable<Outcome<json::ListHead>> Contact::read_head() {
    const auto pass_over = [](std::string_view) { return base::Result<void>(); };
    json::ListReader list(pass_over);
    list.pass_over_too_large(pass_over);
    const auto deadline = SteadyClock::now() + kLongestList;
    const auto invalid = [this](std::string_view why) {
        return upstream_->as_answered(
            malformed(fmt::format("the cluster's list is not valid: {}", why)));
    };
    for (size_t bytes = 0;;) {
        auto piece = co_await upstream_->read(context_.times.probe_answer);
        if (!piece) co_return tl::unexpected(std::move(piece).error());
        if (piece->empty()) break;
        auto fed = list.feed(*piece);
        if (!fed) {
            upstream_->drop();
            co_return tl::unexpected(invalid(fed.error().message));
        }
        bytes += piece->size();
        if (bytes < kSmallList) continue;
        if (auto head = list.head_before_items()) {
            upstream_->drop();
            co_return std::move(*head);
        }
        if (SteadyClock::now() < deadline) upstream_->hurry(context_.times.probe_answer);
    }
    auto head = list.finish();
    if (!head) co_return tl::unexpected(invalid(head.error().message));
    co_return std::move(*head);
}

void Contact::end() {
    look_alarm_.ring();
    late_alarm_.ring();
}

void Contact::cut() {
    if (upstream_) upstream_->cut();
    late_alarm_.ring();
}

void Contact::use(std::shared_ptr<connect::ConnectionSource> source) {
    if (upstream_) upstream_->use(std::move(source));
}

void Contact::interrupt() {
    if (upstream_) upstream_->interrupt();
}

}  // namespace snapgate::mirror

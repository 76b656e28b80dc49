#include "mirror/mirror_checks.h"

#include <utility>

#include "base/random_time.h"

namespace snapgate::mirror {

using std::chrono::milliseconds;

MirrorChecks::MirrorChecks(ReflectorContext& context, const net::Executor& executor)
    : context_(context), metadata_(!context.kind.in_part), alarm_(executor) {}

std::unique_ptr<MirrorCheck> MirrorChecks::begin(std::string version) {
    return std::make_unique<MirrorCheck>(
        MirrorCheck::Parts{context_.source, context_.server, context_.path(), context_.times.answer,
                           context_.times.list_silence, context_.kind, context_.sink,
                           context_.skipped, metadata_},
        std::move(version));
}

MirrorCheck::Patience MirrorChecks::patience(milliseconds most, net::Alarm& alarm,
                                             std::function<bool()> goes_on) const {
    return {most, alarm, std::move(goes_on),
            [this](std::string_view version) { return context_.session.reached(version); },
            context_.session.version()};
}

net::Awaitable<void> MirrorChecks::compare_after_loss(net::Alarm& alarm) {
    const uint64_t skipped_before = skipped_settled_;
    const auto source = context_.source;
    auto version = context_.sink.version();
    if (!version) {
        co_return context_.session.happen(
            event::Compared{tl::unexpected(setback_of_sink(version.error()))});
    }
    resuming_ = begin(std::move(*version));
    auto difference = co_await resuming_->compare_newest(patience(
        context_.times.explain, alarm, [this] { return context_.session.is_following(); }));
    resuming_.reset();
    context_.session.happen(event::Compared{std::move(difference),
                                            context_.skipped.changes() != skipped_before,
                                            context_.source != source});
}

net::Awaitable<void> MirrorChecks::run() {
    const LiveSession& session = context_.session;
    const milliseconds rhythm = context_.times.check;
    checking_.reset();
    // A random first delay: clusters that were connected together are not compared together.
    milliseconds delay = base::random_up_to(rhythm);
    while (!session.has_ended()) {
        co_await alarm_.wait(delay);
        if (session.has_ended()) break;
        delay = rhythm - rhythm / 8 + base::random_up_to(rhythm / 4);
        if (!session.status().ready()) continue;
        auto version = context_.sink.version();
        if (!version || version->empty()) continue;
        // The version in the store is compared, not the session's: a bookmark may be newer.
        checking_ = begin(std::move(*version));
        const uint64_t skipped_before = skipped_settled_;
        const auto source = context_.source;
        auto difference =
            co_await checking_->compare(patience(context_.times.check_patience, alarm_, [&session] {
                return !session.has_ended() && session.status().ready();
            }));
        checking_.reset();
        context_.session.happen(event::Checked{std::move(difference),
                                               context_.skipped.changes() != skipped_before,
                                               context_.source != source});
    }
}

void MirrorChecks::cut() {
    for (MirrorCheck* check : {checking_.get(), resuming_.get()}) {
        if (check != nullptr) check->cut();
    }
    alarm_.ring();
}

void MirrorChecks::saw(const std::string& version) {
    for (MirrorCheck* check : {checking_.get(), resuming_.get()}) {
        if (check != nullptr) check->saw(version);
    }
}

}  // namespace snapgate::mirror

#include "api/kube/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <utility>

#include "api/identify.h"
#include "api/kube/list_words.h"
#include "api/where_made.h"
#include "base/random_time.h"
#include "model/version_order.h"
#include "net/await.h"
#include "net/server/held_bytes.h"

namespace snapgate::api::kube {

using base::Code;
using base::Error;
using base::Result;
using model::Revision;

namespace {

// What is sent of the first state in one piece.
constexpr size_t kPageBytes = 64 << 10;

// Between `time` and a quarter more, so that those who came together do not stay together.
std::chrono::milliseconds about(std::chrono::milliseconds time) {
    return time + base::random_up_to(time / 4);
}

}  // namespace

Watch::Watch(Call& call, const Form& form, WatchOptions options)
    : call_(call),
      store_(call.services.store),
      stream_(*call.response.stream),
      form_(form),
      options_(std::move(options)),
      end_(Clock::now() + options_.timeout),
      ended_keys_(call.services.watches.ended_keys()),
      columns_sent_(form.shape != Shape::kTable),
      outlet_(call.services.watches.join(call.store_number(), form)->outlet(stream_.executor())),
      member_(*outlet_->group(), stream_) {
    plan_next_tick();
}

void Watch::plan_next_tick() {
    const Clock::time_point now = Clock::now();
    const WatchTimes& times = call_.services.watches.times();
    next_tick_ = next_check(call_, now + about(times.tick));
    const Clock::time_point last = end_ - times.last_bookmark;
    if (last > now) next_tick_ = std::min(next_tick_, last);
}

Result<void> Watch::set_out() {
    // It may have ended before ended_keys_ was read.
    SNAPGATE_TRY(check_access());
    SNAPGATE_ASSIGN(position_, head(store_.read()));
    return {};
}

net::Awaitable<Result<void>> Watch::run() {
    auto going = co_await begin();
    while (going && *going) {
        going = co_await send_changes();
        if (going && *going) going = co_await wait();
    }
    if (!going) co_return std::move(going).error();
    co_return Result<void>();
}

net::Awaitable<Result<bool>> Watch::begin() {
    auto reached = co_await wait_for_version();
    if (!reached || !*reached) co_return reached;
    if (options_.state) co_return co_await send_state();
    if (options_.from > 0) {
        SNAPGATE_CO_TRY(check_history());
        position_ = options_.from;
        co_return true;
    }
    co_return true;
}

Result<Revision> Watch::head(const store::ReadView& view) const {
    SNAPGATE_ASSIGN(const auto head, view.head(call_.store_number()));
    if (!head) return cluster::no_such_cluster(call_.cluster.uid);
    return head->revision;
}

net::Awaitable<Result<bool>> Watch::wait_for_version() {
    const Clock::time_point deadline =
        std::min(end_, Clock::now() + call_.services.watches.times().version_patience);
    while (true) {
        auto there = reached(store_.read());
        if (!there || *there) co_return there;
        const net::Wake wake = co_await stream_.wait(deadline);
        if (wake != net::Wake::kNotified && wake != net::Wake::kDeadline) co_return false;
        // Writes may keep coming, and the version be far ahead of them.
        if (Clock::now() < deadline) continue;
        // Others have got there: at a list of ours the client would go back in time.
        if (call_.copy_age.count() > 0) {
            co_return Error(Code::kUnavailable,
                            fmt::format("this replica has not got to resource version {}, and "
                                        "etcd is out of reach: ask another replica",
                                        wanted_version()));
        }
        SNAPGATE_CO_ASSIGN(const auto present, store_.read().head(call_.store_number()));
        // Not the 504 of a list: informers list again at a 410 alone, and some pass over any other
        // error for ever.
        Error error(Code::kExpired,
                    fmt::format("Too large resource version: {}, current: {}: the cluster is not "
                                "what it was, list again",
                                wanted_version(), present ? present->version : ""));
        error.causes.push_back(version_too_large());
        co_return error;
    }
}

std::string Watch::wanted_version() const {
    if (!options_.mirror_from.empty()) return options_.mirror_from;
    return fmt::format_int(options_.from).str();
}

Result<bool> Watch::reached(const store::ReadView& view) {
    const std::string& version = options_.mirror_from;
    if (version.empty()) {
        SNAPGATE_ASSIGN(const Revision present, head(view));
        return present >= options_.from;
    }
    SNAPGATE_ASSIGN(const auto newest, view.head(call_.store_number()));
    if (!newest) return cluster::no_such_cluster(call_.cluster.uid);
    SNAPGATE_ASSIGN(const auto known, view.revision_of(call_.store_number(), version));
    if (known) {
        options_.from = *known;
        // A version that was told before the cluster was restored, and since, does not say which
        // state a client has: some of what it gets it may know.
        SNAPGATE_ASSIGN(const auto from, view.goes_on_from(call_.store_number(), version));
        if (from) {
            SNAPGATE_ASSIGN(const bool kept,
                            query::is_kept(store_, view, call_.store_number(), *from));
            if (kept) options_.from = *from;
        }
        return true;
    }
    switch (model::compare_versions(version, newest->version)) {
        case model::VersionOrder::kNewer:
            return false;
        case model::VersionOrder::kNotNewer:
            // The state that comes first is newer, that is enough.
            if (options_.state) return true;
            break;
        case model::VersionOrder::kUnknown:
            break;
    }
    return too_old(view);
}

Error Watch::too_old(const store::ReadView& view) const {
    const auto present = view.head(call_.store_number());
    if (!present) return present.error();
    if (!*present) return cluster::no_such_cluster(call_.cluster.uid);
    return {Code::kExpired, fmt::format("too old resource version: {} ({})", wanted_version(),
                                        (*present)->version)};
}

Result<void> Watch::check_history() const {
    const store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(const bool kept,
                    query::is_kept(store_, view, call_.store_number(), options_.from));
    if (kept) return {};
    return too_old(view);
}

net::Awaitable<Result<bool>> Watch::send_state() {
    const Services& services = call_.services;
    query::KubeListRequest request;
    request.kind = form_.kind;
    request.ns = call_.resource.ns;
    request.selector = options_.selector;
    SNAPGATE_CO_ASSIGN(
        auto state,
        query::KubeList::plan(services.list_context(kFirstStateWords), store_.read(),
                              {call_.store_number(), call_.cluster.uid}, std::move(request)));
    position_ = state.listing().revision();
    // Until the changes behind the state are being read.
    const query::HeldHistory history = state.listing().hold_history(services.store);
    for (bool whole = false; !whole;) {
        auto going = co_await send_page(state, whole);
        if (!going || !*going) co_return going;
        co_await net::yield();
        going = co_await keep_time(false);
        if (!going || !*going) co_return going;
    }
    if (options_.marks_state && options_.bookmarks) {
        auto marked = co_await send_bookmark(true);
        if (!marked || !*marked) co_return marked;
    }
    co_return co_await send_changes();
}

// The page goes with this frame, so that nothing is held that is not counted.
net::Awaitable<Result<bool>> Watch::send_page(query::KubeList& state, bool& whole) {
    const query::KubeList::Item append = [this](const store::Found& found, std::string& page) {
        return append_added(found, page);
    };
    std::string page;
    auto step = [&] { return state.step(store_.read(), page, kPageBytes, append); };
    SNAPGATE_CO_ASSIGN(whole, co_await net::make_at(stream_, where_made(state), std::move(step)));
    SNAPGATE_CO_TRY(check_ended_keys());
    const std::string_view text(page);
    co_return co_await send(std::span(&text, 1), page.size());
}

Result<void> Watch::append_added(const store::Found& found, std::string& page) {
    SNAPGATE_TRY(kube::append_added(form_, found.object, store_.now_ms(), page));
    if (!columns_sent_) page = with_columns(form_, page);
    columns_sent_ = true;
    return {};
}

net::Awaitable<Result<bool>> Watch::send_changes() {
    while (true) {
        auto going = co_await keep_time(true);
        if (!going || !*going) co_return going;
        auto next = outlet_->next(position_);
        if (!next) {
            if (next.error().code == Code::kNotFound)
                co_return cluster::no_such_cluster(call_.cluster.uid);
            if (next.error().code != Code::kExpired) co_return std::move(next).error();
            // This reader was too slow for the history that is kept.
            co_return Error(Code::kExpired,
                            fmt::format("too old resource version: {}: begin again", position_));
        }
        const std::shared_ptr<const WatchBatch> batch = std::move(*next);
        // Behind the read: what was written after a key had ended is not for that key.
        SNAPGATE_CO_TRY(check_ended_keys());
        const std::string& within = call_.resource.ns;
        Result<bool> sent = true;
        if (columns_sent_ && within.empty() && options_.selector.everything()) {
            if (!batch->texts.empty()) sent = co_await send(batch->texts, batch->bytes.next_part());
        } else {
            std::string first;
            std::vector<std::string_view> texts;
            for (const auto& event : batch->events) {
                std::string_view text = event->payload.seen_by(within, options_.selector);
                if (text.empty()) continue;
                if (!columns_sent_) {
                    first = with_columns(form_, text);
                    text = first;
                    columns_sent_ = true;
                }
                texts.push_back(text);
            }
            // Also for one small event of it the whole batch is kept.
            if (!texts.empty())
                sent = co_await send(texts, batch->bytes.next_part() + first.size());
        }
        if (!sent || !*sent) co_return sent;
        position_ = batch->up_to;
        if (batch->whole) co_return true;
        co_await net::yield();
    }
}

net::Awaitable<Result<bool>> Watch::wait() {
    const net::Wake wake = co_await stream_.wait(std::min(end_, next_tick_));
    co_return wake == net::Wake::kNotified || wake == net::Wake::kDeadline;
}

// Before whatever is sent next, since a reader that is slower than the writes is never waited for.
net::Awaitable<Result<bool>> Watch::keep_time(bool position_sent) {
    const Clock::time_point now = Clock::now();
    if (now >= end_) co_return false;
    SNAPGATE_CO_TRY(check_ended_keys());
    if (now < next_tick_) co_return true;
    SNAPGATE_CO_TRY(check_access());
    plan_next_tick();
    if (!options_.bookmarks || !position_sent) co_return true;
    co_return co_await send_bookmark(false);
}

net::Awaitable<Result<bool>> Watch::send(std::span<const std::string_view> events, size_t held) {
    net::HeldBytes& budget = *call_.request.held;
    if (auto room = budget.hold_piece(held); !room) {
        // Whosever budget it is: at a 429 informers go on later from where they are, at a 503 they
        // would list again, which takes more.
        Error error = std::move(room).error();
        error.code = Code::kTooManyRequests;
        co_return error;
    }
    const Result<void> written = co_await stream_.write(events);
    budget.give_piece();
    co_return written.has_value();
}

Result<void> Watch::check_ended_keys() {
    const uint64_t ended_keys = call_.services.watches.ended_keys();
    if (ended_keys == ended_keys_) return {};
    ended_keys_ = ended_keys;
    return check_access();
}

net::Awaitable<Result<bool>> Watch::send_bookmark(bool ends_state) {
    SNAPGATE_CO_ASSIGN(auto version, store_.read().version_at(call_.store_number(), position_));
    auto event = bookmark_event(form_, version, ends_state, store_.now_ms());
    if (!event) co_return std::move(event).error();
    if (!columns_sent_) *event = with_columns(form_, *event);
    columns_sent_ = true;
    const std::string_view text(*event);
    co_return co_await send(std::span(&text, 1), event->size());
}

// What was checked when the watch began may not hold any more.
Result<void> Watch::check_access() const {
    if (!has_good_key(call_)) return Error(Code::kUnauthorized, "Unauthorized");
    SNAPGATE_ASSIGN(const cluster::Cluster cluster, find_cluster(call_, call_.cluster.uid));
    if (cluster.number != call_.cluster.number) return cluster::no_such_cluster(call_.cluster.uid);
    return {};
}

}  // namespace snapgate::api::kube

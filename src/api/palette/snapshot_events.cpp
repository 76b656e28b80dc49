#include "api/palette/snapshot_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/errors.h"
#include "api/freshness.h"
#include "api/identify.h"
#include "api/kube/watch_hub.h"
#include "api/palette/list_format.h"
#include "api/palette/list_words.h"
#include "api/palette/snapshot_feed.h"
#include "api/palette/snapshot_item.h"
#include "api/where_made.h"
#include "base/json_text.h"
#include "base/random_time.h"
#include "net/await.h"
#include "net/server/held_bytes.h"
#include "net/server/wake_group.h"
#include "query/fingerprint.h"
#include "query/fleet_list.h"

namespace snapgate::api::palette {

using base::Code;
using base::Error;
using base::Result;
using query::FleetList;

namespace {

// What is sent of the first state in one piece.
constexpr size_t kPageBytes = 64 << 10;

// After this time, or up to twice as much, a client connects again.
constexpr std::chrono::milliseconds kRetry{1'000};

constexpr std::string_view kLastEventId = "Last-Event-ID";

Error too_old(std::string_view reason) {
    return {Code::kExpired,
            fmt::format("the stream cannot go on after this Last-Event-ID: {}; begin anew without "
                        "it, and forget what the events before have told",
                        reason),
            std::string(kLastEventId)};
}

// One stream, from its first event to its end. In the frame of its request's coroutine, on that
// thread.
class EventStream {
  public:
    EventStream(Call& call, std::shared_ptr<const VisibleFleet> fleet, query::FleetRequest request);

    // Before the answer begins: what is written once the client knows that it follows is not
    // missed.
    Result<void> set_out();
    // Until the client is gone, or something else ends the stream. That is told to the client by
    // the last event.
    net::Awaitable<void> run();

  private:
    using Clock = std::chrono::steady_clock;

    Result<void> go_on(std::string_view text);
    Result<void> plan_state();

    // All of these: false if the stream is over.
    net::Awaitable<bool> begin();
    net::Awaitable<bool> send_state();
    net::Awaitable<bool> send_page(bool& whole);
    net::Awaitable<bool> send_changes();
    net::Awaitable<bool> wait();
    // Once it is time for a heartbeat: checks access again and sends a comment. `position_sent`:
    // everything up to position_ was sent.
    net::Awaitable<bool> keep_time(bool position_sent);
    bool is_time() const { return Clock::now() >= next_heartbeat_; }
    // Tells of the clusters that are gone.
    net::Awaitable<bool> change_fleet(std::shared_ptr<const VisibleFleet> fleet);
    net::Awaitable<bool> send(std::string_view text) { return send(text, text.size()); }
    // The text and what it is part of take `held` bytes of memory until it is written. Without room
    // for that the stream is over.
    net::Awaitable<bool> send(std::string_view text, size_t held);

    bool key_is_good();
    // Whether the key goes on, as far as keys were ended since the last look.
    bool survives_ended_keys();
    // Remembers why the stream is over.
    bool end(std::string_view reason, std::string_view message);
    bool end(const Error& error);
    std::string id() const {
        return event_id(call_.services, selection_, *fleet_->fleet, position_);
    }

    Call& call_;
    const store::Store& store_;
    net::ResponseStream& stream_;
    std::shared_ptr<const VisibleFleet> fleet_;
    query::FleetRequest request_;
    const SnapshotScope scope_;
    SnapshotSelection selection_;
    Clock::time_point next_heartbeat_;
    uint64_t ended_keys_;              // of the watches' hub, when the key was checked
    store::PublishedPlace position_;   // everything up to it was sent
    store::PublishedPlace told_;       // the client knows this place by an id
    std::optional<FleetList> state_;   // what comes first, where that is wanted
    std::optional<std::string> last_;  // the event that says why the stream is over
    std::shared_ptr<SnapshotOutlet> outlet_;
    net::WakeGroup::Member member_;
};

SnapshotScope scope_of(const Call& call, const query::FleetRequest& request) {
    const std::string& uid = call.parameters[0];
    return {call.scope, uid == query::kAllClusters ? std::string() : uid, request.kubernetes_form};
}

SnapshotSelection selection_of(const Call& call, const query::FleetRequest& request) {
    query::Fingerprint parts("events");
    parts.text(request.query).text(call.scope.project);
    // Streams whose filters do not depend on the present time share what they are sent.
    const bool clock = request.filter.depends_on_clock();
    return {request.filter, parts.digest(query::kListingDigestBytes),
            clock ? call.services.now_seconds() : 0};
}

EventStream::EventStream(Call& call, std::shared_ptr<const VisibleFleet> fleet,
                         query::FleetRequest request)
    : call_(call),
      store_(call.services.store),
      stream_(*call.response.stream),
      fleet_(std::move(fleet)),
      request_(std::move(request)),
      scope_(scope_of(call, request_)),
      selection_(selection_of(call, request_)),
      next_heartbeat_(next_check(call, Clock::now() + call.services.streams->times().heartbeat)),
      ended_keys_(call.services.watches.ended_keys()),
      outlet_(call.services.streams->join(call.services, scope_)->outlet(stream_.executor())),
      member_(*outlet_->group(), stream_) {}

Result<void> EventStream::set_out() {
    // It may have ended before ended_keys_ was read.
    SNAPGATE_TRY(check_key(call_));
    const auto text = call_.request.header(kLastEventId);
    if (text && !text->empty()) return go_on(*text);
    return plan_state();
}

Result<void> EventStream::go_on(std::string_view text) {
    const auto id = query::unseal_event_id(call_.services.signer, text);
    if (!id) {
        return Error(Code::kInvalidParameter,
                     "Last-Event-ID is no id that this server gave out: leave it out to begin anew",
                     std::string(kLastEventId));
    }
    if (id->query != selection_.query) {
        return Error(Code::kInvalidParameter,
                     "Last-Event-ID belongs to another stream: use it with the same cluster, "
                     "filters and project, or leave it out to begin anew",
                     std::string(kLastEventId));
    }
    const store::ReadView view = store_.read();
    SNAPGATE_ASSIGN(const store::StoreState newest, view.newest_state());
    if (id->store_id != store_.id() || id->place.published > newest.revision)
        return too_old("it is of another store");
    if (fleet_->fleet->digest_below(id->next_cluster) != id->clusters)
        return too_old("a cluster that it followed was removed meanwhile");
    SNAPGATE_ASSIGN(const bool kept, query::is_kept(store_, view, *fleet_->fleet,
                                                    {id->place.published, id->next_cluster}));
    if (!kept) return too_old("it is older than the history that the server keeps");
    selection_.now = id->now;
    position_ = told_ = id->place;
    return {};
}

Result<void> EventStream::plan_state() {
    const facts::Seconds now = selection_.now != 0 ? selection_.now : call_.services.now_seconds();
    while (true) {
        const store::ReadView view = store_.read();
        // A cluster that is added before the state is fixed belongs to it.
        SNAPGATE_ASSIGN(auto fleet, find_fleet(call_));
        if (fleet->fleet->digest != fleet_->fleet->digest) {
            fleet_ = std::move(fleet);
            continue;
        }
        SNAPGATE_ASSIGN(auto state, FleetList::plan(call_.services.list_context(kFleetWords), view,
                                                    fleet_->fleet, request_, now));
        state_.emplace(std::move(state));
        break;
    }
    state_->show_all();
    const model::Revision revision = state_->listing().state().revision;
    position_ = {revision, revision};
    return {};
}

net::Awaitable<void> EventStream::run() {
    if (co_await begin()) {
        while (co_await send_changes() && co_await wait()) {
        }
    }
    if (last_) co_await send(*last_);
}

net::Awaitable<bool> EventStream::begin() {
    // At once, so that the client, and whatever stands between, sees that it is connected. Clients
    // that are cut off together come back one after the other.
    const auto retry = kRetry + base::random_up_to(kRetry);
    if (!co_await send(fmt::format("retry: {}\n\n", retry.count()))) co_return false;
    co_return !state_ || co_await send_state();
}

net::Awaitable<bool> EventStream::send_state() {
    // Until the changes behind the state are being read.
    const query::HeldHistory history = state_->listing().hold_history(call_.services.store);
    for (bool whole = !request_.initial_events; !whole;) {
        if (!co_await send_page(whole)) co_return false;
        co_await net::yield();
        if (is_time() && !co_await keep_time(false)) co_return false;
    }
    state_.reset();
    told_ = position_;
    const std::string synced = fmt::format("event: synced\nid: {}\ndata: {{}}\n\n", id());
    co_return co_await send(synced) && co_await send_changes();
}

// The page goes with this frame, so that nothing is held that is not counted.
net::Awaitable<bool> EventStream::send_page(bool& whole) {
    const auto append = [this](const query::FleetRow& row, std::string& out) -> Result<void> {
        out += "event: added\ndata: ";
        SNAPGATE_TRY(append_item(row.found->object, state_->listing().clusters()[row.cluster]->name,
                                 scope_.kubernetes_form, out));
        out += "\n\n";
        return {};
    };
    std::string page;
    auto step = [&] { return state_->step(store_.read(), page, kPageBytes, append); };
    const auto read = co_await net::make_at(stream_, where_made(*state_), std::move(step));
    if (!read) co_return end(read.error());
    whole = *read;
    if (!survives_ended_keys()) co_return false;
    co_return co_await send(page, page.size() + state_->kept_bytes());
}

net::Awaitable<bool> EventStream::send_changes() {
    while (true) {
        if (is_time() && !co_await keep_time(true)) co_return false;
        const auto next = outlet_->next(position_);
        if (!next) co_return end(next.error());
        const std::shared_ptr<SnapshotBatch>& batch = *next;
        // Behind the read: what was written after a key had ended is not for that key.
        if (!survives_ended_keys()) co_return false;
        if (batch->fleet() != fleet_ && !co_await change_fleet(batch->fleet())) co_return false;
        if (const auto text = batch->told(selection_); !text.events.empty()) {
            if (!co_await send(text.events, text.held)) co_return false;
        }
        position_ = batch->up_to();
        if (batch->whole()) co_return true;
        co_await net::yield();
    }
}

net::Awaitable<bool> EventStream::wait() {
    const net::Wake wake = co_await stream_.wait(next_heartbeat_);
    if (wake == net::Wake::kStopping) {
        co_return end("shutdown", "the server stops: go on with Last-Event-ID once it is back");
    }
    co_return wake != net::Wake::kPeerGone;
}

// Before whatever is sent next, since a reader that is slower than the writes is never waited for.
net::Awaitable<bool> EventStream::keep_time(bool position_sent) {
    next_heartbeat_ = next_check(call_, Clock::now() + call_.services.streams->times().heartbeat);
    if (!key_is_good()) co_return false;
    std::string text = ": heartbeat\n";
    // An id without data makes no event. The client goes on there, so that it need not be told
    // again what the filter left out.
    if (position_sent && position_ != told_) {
        text += fmt::format("id: {}\n", id());
        told_ = position_;
    }
    text += '\n';
    co_return co_await send(text);
}

net::Awaitable<bool> EventStream::change_fleet(std::shared_ptr<const VisibleFleet> fleet) {
    const auto before = std::exchange(fleet_, std::move(fleet));
    if (!key_is_good()) co_return false;
    if (before->fleet->digest == fleet_->fleet->digest) co_return true;
    std::string text;
    for (const query::FleetCluster& cluster : before->fleet->clusters) {
        if (fleet_->fleet->find(cluster.number) != nullptr ||
            !selection_.filter.wants_cluster(cluster.uid, cluster.name))
            continue;
        if (!scope_.uid.empty()) co_return end("clusterRemoved", "the cluster was removed");
        text += fmt::format("event: clusterRemoved\nid: {}\ndata: {{", id());
        base::append_json_member("uid", cluster.uid, text);
        text += ',';
        base::append_json_member("name", cluster.name, text);
        text += "}\n\n";
    }
    if (text.empty()) text = fmt::format("id: {}\n\n", id());
    co_return co_await send(text);
}

net::Awaitable<bool> EventStream::send(std::string_view text, size_t held) {
    net::HeldBytes& budget = *call_.request.held;
    if (const auto room = budget.hold_piece(held); !room) co_return end(room.error());
    const Result<void> written = co_await stream_.write(text);
    budget.give_piece();
    co_return written.has_value();
}

bool EventStream::survives_ended_keys() {
    const uint64_t ended_keys = call_.services.watches.ended_keys();
    if (ended_keys == ended_keys_) return true;
    ended_keys_ = ended_keys;
    return key_is_good();
}

bool EventStream::key_is_good() {
    if (has_good_key(call_)) return true;
    const access::Principal& caller = call_.principal;
    if (caller.holder) {
        if (caller.holder->has_expired()) return end("keyExpired", "the token has expired");
        return end("keyRevoked", "the token is not taken any more");
    }
    if (call_.services.keys.keys()->contains(caller.key_id))
        return end("keyExpired", "the key has expired");
    return end("keyRevoked", "the key was revoked");
}

bool EventStream::end(std::string_view reason, std::string_view message) {
    last_ = "event: end\ndata: {";
    base::append_json_member("reason", reason, *last_);
    *last_ += ',';
    base::append_json_member("message", message, *last_);
    *last_ += "}\n\n";
    return false;
}

bool EventStream::end(const Error& error) {
    if (error.code == Code::kExpired) {
        return end("expired",
                   "the client reads more slowly than the server keeps history: begin anew without "
                   "Last-Event-ID");
    }
    return end("error", shown_message(call_.side, error, call_.request.id));
}

}  // namespace

net::Awaitable<Result<void>> stream_snapshot_events(Call& call,
                                                    std::shared_ptr<const VisibleFleet> fleet,
                                                    query::FleetRequest request) {
    SNAPGATE_CO_TRY(check_is_stream(request));
    SNAPGATE_CO_TRY(co_await check_freshness(call, *fleet, request.filter.clusters));
    if (call.turn) SNAPGATE_CO_TRY(call.turn->rest(request.filter.labels.terms()));
    net::Response& response = call.response;
    response.route = kEventsLabel;
    response.content_type = content_type_of(query::ListFormat::kEvents);
    response.add_header("Vary", "Accept");
    response.add_header("Cache-Control", "no-cache");
    // nginx would hold events back until its buffer is full.
    response.add_header("X-Accel-Buffering", "no");
    EventStream stream(call, std::move(fleet), std::move(request));
    SNAPGATE_CO_TRY(stream.set_out());
    if (const auto begun = co_await response.stream->begin();
        !begun || call.request.method == "HEAD")
        co_return Result<void>();
    co_await stream.run();
    co_return Result<void>();
}

}  // namespace snapgate::api::palette

#include "replica/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>

#include "base/log.h"
#include "store/wait.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

// With more, groups are smaller, and their work in etcd and in each copy is more than is won.
constexpr size_t kMostInFlight = 2;
constexpr size_t kGroupItems = 64;
// Room in a request for what is not counted in a draft's bytes: compares, and gRPC's own.
constexpr size_t kRequestRoom = 64 << 10;
// With other replicas that are faster; and with the copy.
constexpr std::chrono::seconds kPatience{10};
// What a leader of etcd had when it died is answered by nobody: what waits for it has to go on.
constexpr base::Millis kCommitTime{3000};
constexpr std::chrono::seconds kPatienceWithFollower{3};
constexpr unsigned kRetrySeconds = 1;

Error stopped() {
    return {Code::kUnavailable, "the server is being stopped; try again, or another replica"};
}

Error refused_by_etcd(const etcd::Error& error) {
    Error refused = etcd::to_base(error);
    if (error.may_be_done) {
        refused.message +=
            "; the answer to this write was lost, so it may have been done: read before you "
            "repeat it";
    }
    if (refused.code == Code::kUnavailable) refused.retry_after_seconds = kRetrySeconds;
    return refused;
}

// A write that nobody will find in the audit trail is not reported done.
Error not_audited(const Error& error) {
    base::log::error("writes are in etcd, and their lines for the audit trail are lost",
                     {{"error", error.message}});
    return {Code::kUnavailable,
            fmt::format("the write was done, and its line for the audit trail could not be kept: "
                        "{}; read before you repeat it",
                        error.message)};
}

Error others_were_faster() {
    Error error(Code::kUnavailable,
                "other replicas change what this write needs all the time; it was not done");
    error.retry_after_seconds = kRetrySeconds;
    return error;
}

Result<void> call(const store::WriteFunction& function, TruthTxn& txn) {
    try {
        return function(txn);
    } catch (const std::exception& failure) {
        base::log::error("a write function threw", {{"what", failure.what()}});
        return Error(Code::kInternal, "a bug ended this write; see the server's log");
    }
}

}  // namespace

Committer::Committer(etcd::Client& client, store::Store& copy, const TruthKeys& keys,
                     Follower& follower, TxnLimits limits)
    : client_(client), copy_(copy), keys_(keys), follower_(follower), limits_(limits) {}

Committer::~Committer() {
    stop();
}

void Committer::start() {
    thread_ = std::thread([this] { loop(); });
}

void Committer::stop() {
    {
        base::MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Committer::write(store::Priority priority, store::WriteFunction function,
                      store::WriteDone done) {
    {
        base::MutexLock lock(mutex_);
        if (!stopping_) {
            auto& queue = priority == store::Priority::kRequest ? requests_ : batches_;
            queue.push_back({priority, std::move(function), std::move(done)});
            wake_.notify_one();
            return;
        }
    }
    done(stopped());
}

void Committer::loop() {
    while (true) {
        Turn turn = next_turn();
        if (turn.events.empty() && turn.items.empty()) return;
        for (Event& event : turn.events) take(std::move(event));
        if (turn.items.empty()) continue;
        Group group;
        group.items = std::move(turn.items);
        begin(std::move(group));
    }
}

Committer::Turn Committer::next_turn() {
    base::MutexLock lock(mutex_);
    while (true) {
        Turn turn;
        turn.events.swap(events_);
        // They come first: they make room.
        if (turn.events.empty()) turn.items = next_items();
        if (!turn.events.empty() || !turn.items.empty()) return turn;
        if (stopping_ && flights_.empty()) return turn;
        wake_.wait(mutex_);
    }
}

// Requests and batches take turns: a batch is as much as a transaction of etcd holds, so one of
// them is in flight at a time.
std::vector<Committer::Item> Committer::next_items() {
    if (waits_ || flights_.size() == kMostInFlight) return {};
    const bool may_be_batch =
        !batches_.empty() &&
        std::ranges::none_of(flights_, [](const auto& one) { return one->batch; });
    if (requests_.empty() && !may_be_batch) return {};
    const bool batch = may_be_batch && (requests_.empty() || !batch_last_);
    batch_last_ = batch;
    auto& queue = batch ? batches_ : requests_;
    const size_t most = batch ? 1 : kGroupItems;
    std::vector<Item> items;
    while (!queue.empty() && items.size() < most) {
        items.push_back(std::move(queue.front()));
        queue.pop_front();
    }
    return items;
}

// Under the lock: once the thread knows of it, this object may be destroyed.
void Committer::happened(Event event) {
    base::MutexLock lock(mutex_);
    events_.push_back(std::move(event));
    wake_.notify_one();
}

void Committer::begin(Group group) {
    auto flight = std::make_unique<Flight>();
    etcd::Txn txn;
    if (const auto ended = run(group, *flight, txn); !ended)
        return answer(std::move(group), ended.error());
    if (group.items.empty() && group.refused.empty()) return;
    if (flight->draft.empty()) return answer(std::move(group), std::nullopt);
    flight->batch = !group.items.empty() && group.items[0].priority == store::Priority::kBatch;
    flight->group = std::move(group);
    flight->begun = Time::now();
    Flight* const sent = flight.get();
    flights_.push_back(std::move(flight));
    client_.commit_async(std::move(txn), [this, sent](etcd::Result<etcd::Committed> answer) {
        happened({sent, std::move(answer)});
    });
}

Result<void> Committer::run(Group& group, Flight& flight, etcd::Txn& txn) {
    // While nothing comes from etcd, etcd may be another one when it comes back.
    SNAPGATE_TRY(wait_until_followed());
    // Before the view is: what the tables of the registry show is in it, and perhaps more.
    const int64_t applied = follower_.applied();
    const store::ReadView view = copy_.read();
    SNAPGATE_ASSIGN(const auto state, read_copy_state(view));
    if (!state || !state->complete)
        return Error(Code::kUnavailable, "the copy of this replica is being built again");
    Draft& draft = flight.draft;
    for (bool whole = false; !whole;) {
        draft = {};
        group.results.clear();
        TruthTxn functions(view, *state, keys_, copy_.now_ms(), draft, drafts_in_flight());
        whole = run_once(group, functions, draft);
    }
    group.audit_lines = std::move(draft.audit_lines);
    flight.offset = state->offset;
    txn = draft.make_txn(keys_, applied, *state);
    txn.timeout = kCommitTime;
    return {};
}

// The thread lets go of a flight only when the copy shows what became of it. So a view that is
// opened afterwards shows it, and until then its draft is among these.
std::vector<const Draft*> Committer::drafts_in_flight() const {
    std::vector<const Draft*> drafts;
    drafts.reserve(flights_.size());
    for (const auto& flight : flights_) drafts.push_back(&flight->draft);
    return drafts;
}

bool Committer::run_once(Group& group, TruthTxn& txn, const Draft& draft) {
    for (size_t i = 0; i < group.items.size(); ++i) {
        txn.begin_function();
        Result<void> result = call(group.items[i].function, txn);
        if (txn.waits() || (txn.collided() && i > 0)) {
            waits_ = i == 0;
            put_back(group, i);
            return false;
        }
        if (!result && txn.wrote()) {
            refuse(group, i, std::move(result).error());
            return false;
        }
        group.results.push_back(std::move(result));
        const bool fits =
            draft.operations() <= limits_.operations && draft.bytes + kRequestRoom <= limits_.bytes;
        if (fits) continue;
        if (i > 0) {
            put_back(group, i);
            return false;
        }
        refuse(group, 0,
               {Code::kTooLarge,
                fmt::format("this write takes {} operations and {} bytes, and etcd takes {} and {} "
                            "in a transaction: raise --max-txn-ops or --max-request-bytes of every "
                            "member of etcd, and --etcd-max-txn-ops or --etcd-max-request-bytes of "
                            "every replica",
                            draft.operations(), draft.bytes + kRequestRoom, limits_.operations,
                            limits_.bytes)});
        return false;
    }
    return true;
}

void Committer::put_back(Group& group, size_t from) {
    const auto begin = group.items.begin() + static_cast<std::ptrdiff_t>(from);
    {
        base::MutexLock lock(mutex_);
        for (Item& item : std::ranges::subrange(begin, group.items.end()) | std::views::reverse) {
            auto& queue = item.priority == store::Priority::kRequest ? requests_ : batches_;
            queue.push_front(std::move(item));
        }
    }
    group.items.erase(begin, group.items.end());
}

void Committer::refuse(Group& group, size_t index, Error error) {
    const auto culprit = group.items.begin() + static_cast<std::ptrdiff_t>(index);
    group.refused.push_back({std::move(*culprit), std::move(error)});
    group.items.erase(culprit);
}

void Committer::take(Event event) {
    Flight& flight = *event.flight;
    if (auto* answer = std::get_if<etcd::Result<etcd::Committed>>(&event.what))
        return answered(flight, std::move(*answer));
    const bool lost = flight.lost;
    Group group = land(flight);
    if (!lost) return;
    if (const auto& there = std::get<Result<void>>(event.what); !there)
        return answer(std::move(group), there.error());
    run_again(std::move(group));
}

void Committer::answered(Flight& flight, etcd::Result<etcd::Committed> answer) {
    if (!answer) return not_taken(land(flight), answer.error());
    if (!answer->succeeded) return wait_for_others(flight, *answer);
    times_.observe(Time::now() - flight.begun);
    const int64_t revision = answer->header.revision;
    flight.draft.settle(revision + flight.offset);
    // They are answered on the thread that brings the copy there; this one goes on.
    const auto group = std::make_shared<Group>(std::move(flight.group));
    follower_.when_applied(revision, kPatience, [this, &flight, group](Result<void> there) {
        // The write is done, even if the copy does not get there for now.
        if (!there) {
            base::log::warning("a write is in etcd, and the copy has not got it yet",
                               {{"error", there.error().message}});
        }
        this->answer(std::move(*group), std::nullopt);
        happened({&flight, std::move(there)});
    });
}

// A group that is too large for etcd runs again in smaller ones.
void Committer::not_taken(Group group, const etcd::Error& error) {
    const bool too_large = error.code == etcd::ErrorCode::kTooLarge ||
                           error.code == etcd::ErrorCode::kTooManyOperations;
    if (too_large && !error.may_be_done && group.items.size() > 1) {
        put_back(group, group.items.size() / 2);
        return begin(std::move(group));
    }
    answer(std::move(group), refused_by_etcd(error));
}

void Committer::wait_for_others(Flight& flight, const etcd::Committed& answer) {
    conflicts_.fetch_add(1, std::memory_order_relaxed);
    const auto* newest =
        answer.answers.empty() ? nullptr : std::get_if<etcd::Range>(answer.answers.data());
    if (newest == nullptr || newest->kvs.size() != 1) {
        return this->answer(
            land(flight),
            Error(Code::kUnavailable, "etcd does not hold the truth that this server follows"));
    }
    flight.lost = true;
    follower_.when_applied(
        newest->kvs[0].mod_revision, kPatience,
        [this, &flight](Result<void> there) { happened({&flight, std::move(there)}); });
}

// What was refused may have been so for a write that is not done.
void Committer::run_again(Group group) {
    for (Answer& one : group.refused) group.items.push_back(std::move(one.item));
    group.refused.clear();
    const auto now = Time::now();
    Group late;
    Group rest;
    for (Item& item : group.items) {
        if (!item.give_up_at) item.give_up_at = now + kPatience;
        Group& fate = *item.give_up_at <= now ? late : rest;
        fate.items.push_back(std::move(item));
    }
    put_back(rest, 0);
    if (!late.items.empty()) answer(std::move(late), others_were_faster());
}

Committer::Group Committer::land(Flight& flight) {
    Group group = std::move(flight.group);
    std::erase_if(flights_, [&](const auto& one) { return one.get() == &flight; });
    waits_ = false;
    return group;
}

Result<void> Committer::wait_until_followed() {
    store::Waiter waiter;
    follower_.when_applied(0, kPatienceWithFollower,
                           [&waiter](Result<void> result) { waiter.set(std::move(result)); });
    return waiter.wait();
}

// On the copy's writer thread, as the callers expect it: they read records there.
void Committer::answer(Group group, const std::optional<Error>& failure) {
    const auto shared = std::make_shared<Group>(std::move(group));
    const bool audited = !failure && !shared->audit_lines.empty();
    store::WriteFunction add_lines = [shared, audited](store::WriteTxn& txn) -> Result<void> {
        if (!audited) return {};
        for (const std::string& line : shared->audit_lines) SNAPGATE_TRY(txn.add_audit_line(line));
        return {};
    };
    copy_.write(store::Priority::kRequest, std::move(add_lines),
                [shared, failure, audited](const Result<void>& stored) {
                    // Without lines the copy's own state is none of the callers' business.
                    std::optional<Error> all = failure;
                    if (audited && !stored) all = not_audited(stored.error());
                    for (size_t i = 0; i < shared->items.size(); ++i) {
                        Item& item = shared->items[i];
                        item.done(all ? Result<void>(*all) : std::move(shared->results[i]));
                    }
                    for (Answer& one : shared->refused) one.item.done(std::move(one.result));
                });
}

}  // namespace snapgate::replica

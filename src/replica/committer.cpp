#include "replica/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"
#include "store/wait.h"

namespace snapgate::replica {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr size_t kGroupItems = 64;
// Room in a request for what is not counted in a draft's bytes: compares, and gRPC's own.
constexpr size_t kRequestRoom = 64 << 10;
constexpr std::chrono::seconds kPatience{10};
// What a leader of etcd had when it died is answered by nobody: what waits behind it has to go on.
constexpr base::Millis kCommitTime{3000};
constexpr std::chrono::seconds kPatienceWithFollower{3};
constexpr std::chrono::milliseconds kMostPause{8};
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
        std::vector<Item> items = next_group();
        if (items.empty()) return;
        commit(std::move(items));
    }
}

// Requests and batches take turns: a batch is as much as a transaction of etcd holds.
std::vector<Committer::Item> Committer::next_group() {
    base::MutexLock lock(mutex_);
    while (requests_.empty() && batches_.empty()) {
        if (stopping_) return {};
        wake_.wait(mutex_);
    }
    std::vector<Item> items;
    const bool batch = requests_.empty() || (!batches_.empty() && !batch_last_);
    batch_last_ = batch;
    auto& queue = batch ? batches_ : requests_;
    const size_t most = batch ? 1 : kGroupItems;
    while (!queue.empty() && items.size() < most) {
        items.push_back(std::move(queue.front()));
        queue.pop_front();
    }
    return items;
}

void Committer::commit(std::vector<Item> items) {
    Group group;
    group.items = std::move(items);
    group.deadline = Time::now() + kPatience;
    while (true) {
        const int64_t applied = follower_.applied();
        Draft draft;
        CopyState state;
        auto ended = run(group, draft, state);
        if (!ended) return answer(std::move(group), ended.error());
        if (draft.empty())
            return answer(std::move(group), std::nullopt, std::move(draft.audit_lines));
        auto sent = send(group, draft, applied, state);
        if (!sent) return answer(std::move(group), sent.error());
        if (*sent == Sent::kDone)
            return answer(std::move(group), std::nullopt, std::move(draft.audit_lines));
    }
}

Result<void> Committer::run(Group& group, Draft& draft, CopyState& state) {
    // While nothing comes from etcd, etcd may be another one when it comes back.
    SNAPGATE_TRY(wait_for_copy(0, kPatienceWithFollower));
    const store::ReadView view = copy_.read();
    SNAPGATE_ASSIGN(const auto known, read_copy_state(view));
    if (!known || !known->complete)
        return Error(Code::kUnavailable, "the copy of this replica is being built again");
    state = *known;
    for (bool whole = false; !whole;) {
        draft = {};
        group.results.clear();
        TruthTxn txn(view, state, keys_, draft);
        whole = run_once(group, txn, draft);
    }
    return {};
}

bool Committer::run_once(Group& group, TruthTxn& txn, Draft& draft) {
    for (size_t i = 0; i < group.items.size(); ++i) {
        txn.begin_function();
        Result<void> result = call(group.items[i].function, txn);
        if (txn.collided() && i > 0) {
            cut(group, i);
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
            cut(group, i);
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

// The items from `from` on go back to the front of their queue.
void Committer::cut(Group& group, size_t from) {
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

Result<Committer::Sent> Committer::send(Group& group, const Draft& draft, int64_t applied,
                                        const CopyState& state) {
    const auto begun = Time::now();
    etcd::Txn txn = draft.make_txn(keys_, applied, state);
    txn.timeout = kCommitTime;
    auto answer = client_.commit(std::move(txn));
    if (!answer) return not_taken(group, answer.error());
    if (!answer->succeeded) return wait_for_others(group, *answer);
    times_.observe(Time::now() - begun);
    draft.settle(answer->header.revision + state.offset);
    // The write is done, even if the copy does not get there for now.
    const auto there = wait_for_copy(answer->header.revision, kPatience);
    if (!there) {
        base::log::warning("a write is in etcd, and the copy has not got it yet",
                           {{"error", there.error().message}});
    }
    return Sent::kDone;
}

// A group that is too large for etcd runs again in smaller ones.
Result<Committer::Sent> Committer::not_taken(Group& group, const etcd::Error& error) {
    const bool too_large = error.code == etcd::ErrorCode::kTooLarge ||
                           error.code == etcd::ErrorCode::kTooManyOperations;
    if (too_large && !error.may_be_done && group.items.size() > 1) {
        cut(group, group.items.size() / 2);
        return Sent::kAgain;
    }
    return refused_by_etcd(error);
}

Result<Committer::Sent> Committer::wait_for_others(Group& group, const etcd::Committed& answer) {
    conflicts_.fetch_add(1, std::memory_order_relaxed);
    const auto* newest =
        answer.answers.empty() ? nullptr : std::get_if<etcd::Range>(answer.answers.data());
    if (newest == nullptr || newest->kvs.size() != 1)
        return Error(Code::kUnavailable, "etcd does not hold the truth that this server follows");
    if (Time::now() >= group.deadline) {
        Error error(Code::kUnavailable,
                    "other replicas change what this write needs all the time; it was not done");
        error.retry_after_seconds = kRetrySeconds;
        return error;
    }
    SNAPGATE_TRY(wait_for_copy(newest->kvs[0].mod_revision, kPatience));
    // Replicas that met once would meet again.
    std::this_thread::sleep_for(std::chrono::microseconds(
        base::random_below(static_cast<uint64_t>(std::chrono::microseconds(kMostPause).count()))));
    return Sent::kAgain;
}

Result<void> Committer::wait_for_copy(int64_t revision, base::Millis patience) {
    store::Waiter waiter;
    follower_.when_applied(revision, patience,
                           [&waiter](Result<void> result) { waiter.set(std::move(result)); });
    return waiter.wait();
}

// On the copy's writer thread, as the callers expect it: they read records there.
void Committer::answer(Group group, const std::optional<Error>& failure,
                       std::vector<std::string> audit_lines) {
    const auto shared = std::make_shared<Group>(std::move(group));
    const bool audited = !audit_lines.empty();
    store::WriteFunction add_lines =
        [lines = std::move(audit_lines)](store::WriteTxn& txn) -> Result<void> {
        for (const std::string& line : lines) SNAPGATE_TRY(txn.add_audit_line(line));
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

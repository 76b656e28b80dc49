#include "store/writer.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/log.h"
#include "base/this_thread.h"
#include "store/wait.h"

namespace snapgate::store {
namespace {

using base::Code;
using base::Error;

constexpr size_t kGroupItems = 4096;
constexpr size_t kGroupBytes = 8 << 20;
constexpr size_t kBatchesPerGroup = 4;
constexpr int kMostBlocked = 16;
// While requests come more often than every kRequestGap, batches wait for a gap, but never longer
// than kBatchPatience.
constexpr auto kRequestGap = std::chrono::milliseconds(3);
constexpr auto kBatchPatience = std::chrono::milliseconds(80);

Error stopped() {
    return {Code::kUnavailable, "the store is being closed; try again once it is back"};
}

}  // namespace

Writer::Writer(engine::Environment& environment, const HistoryClock& clock,
               const Sequence& sequence)
    : environment_(environment),
      clock_(clock),
      sequence_(sequence),
      newest_revision_(sequence.next_revision - 1) {}

Writer::~Writer() {
    stop();
}

void Writer::start(const std::vector<ClusterNumber>& given_up_stages) {
    for (ClusterNumber cluster : given_up_stages) remove_stage(cluster, false);
    thread_ = std::thread([this] { loop(); });
}

void Writer::stop() {
    {
        base::MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Writer::write(Priority priority, WriteFunction function, WriteDone done) {
    enqueue({priority, std::move(function), std::move(done), Time::now()});
}

base::Result<void> Writer::call(const Function& function, Transaction& txn) {
    try {
        return std::visit([&txn](const auto& one) { return one(txn); }, function);
    } catch (const std::exception& failure) {
        base::log::error("a write function threw", {{"what", failure.what()}});
        return Error(Code::kInternal, "a bug ended this write; see the server's log");
    }
}

base::Result<bool> Writer::run_step(Step step) {
    // Both outlive the step: `done` is called exactly once, and waited for.
    base::Result<bool> answer = false;
    Waiter waiter;
    enqueue({Priority::kBatch,
             [&answer, &step](Transaction& txn) -> base::Result<void> {
                 answer = step(txn);
                 if (!answer) return answer.error();
                 return {};
             },
             [&waiter](base::Result<void> result) { waiter.set(std::move(result)); }, Time::now()});
    SNAPGATE_TRY(waiter.wait());
    return answer;
}

void Writer::enqueue(Item item) {
    if (!push(item)) return item.done(stopped());
    // Not under the lock: the writer thread would wake only to wait for it.
    wake_.notify_one();
}

bool Writer::push(Item& item) {
    base::MutexLock lock(mutex_);
    if (stopping_) return false;
    auto& queue = item.priority == Priority::kRequest ? requests_ : batches_;
    queue.push_back(std::move(item));
    return true;
}

uint64_t Writer::subscribe(Moved moved) {
    base::MutexLock lock(subscribers_mutex_);
    subscribers_.emplace(next_subscriber_, std::move(moved));
    return next_subscriber_++;
}

void Writer::unsubscribe(uint64_t id) {
    base::MutexLock lock(subscribers_mutex_);
    subscribers_.erase(id);
}

void Writer::notify(const HeadsMoved& moved) {
    if (moved.clusters.empty()) return;
    base::MutexLock lock(subscribers_mutex_);
    for (const auto& [id, callback] : subscribers_) callback(moved);
}

void Writer::loop() {
    base::name_this_thread("snapgate-write");
    while (true) {
        std::vector<Item> items = next_group();
        if (items.empty()) break;
        commit(std::move(items));
    }
    for (auto& [cluster, waiting] : removals_)
        for (Item& item : waiting) item.done(stopped());
    removals_.clear();
    removing_stages_ = false;
}

bool Writer::may_take_batch(Time::time_point now) {
    if (batches_.empty()) return false;
    return stopping_ || now - last_request_ >= kRequestGap ||
           now - batches_.front().queued >= kBatchPatience;
}

std::vector<Writer::Item> Writer::next_group() {
    std::vector<Item> items;
    std::vector<Item> refused;
    {
        base::MutexLock lock(mutex_);
        auto now = Time::now();
        while (requests_.empty() && !may_take_batch(now)) {
            if (stopping_) return {};
            if (batches_.empty()) {
                wake_.wait(mutex_);
            } else {
                wake_.wait_until(mutex_, last_request_ + kRequestGap);
            }
            now = Time::now();
        }
        size_t take = std::min(requests_.size(), kGroupItems);
        std::move(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(take),
                  std::back_inserter(items));
        requests_.erase(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(take));
        bool only_batches = items.empty();
        if (!only_batches) last_request_ = now;
        size_t most = only_batches ? kBatchesPerGroup : 1;
        for (size_t taken = 0; taken < most && may_take_batch(now);) {
            Item item = std::move(batches_.front());
            batches_.pop_front();
            if (stopping_ && item.is_own()) {
                refused.push_back(std::move(item));
                if (batches_.empty() && items.empty()) break;
                continue;
            }
            items.push_back(std::move(item));
            ++taken;
        }
    }
    for (Item& item : refused) item.done(stopped());
    if (items.empty()) return next_group();
    return items;
}

void Writer::commit(std::vector<Item> items) {
    Group group;
    group.items = std::move(items);
    for (bool last_try = false;; last_try = true) {
        const auto begun = Time::now();
        auto rows = environment_.write();
        if (!rows) return fail(group, rows.error());
        Transaction txn(*rows, sequence_, clock_);
        Run outcome = run(group, txn, last_try);
        if (outcome == Run::kAgain) continue;
        if (outcome == Run::kFailed) return fail(group, *txn.broken());
        if (!txn.changed()) return settle(group, nullptr);
        auto done = txn.finish();
        if (done) done = rows->commit();
        commit_times_.observe(Time::now() - begun);
        if (!done) return fail(group, done.error());
        note_failure(std::nullopt);
        sequence_ = txn.sequence();
        return settle(group, &txn);
    }
}

// Runs the group's functions. A function that fails after it has written spoils the transaction: it
// leaves the group, and kAgain asks for another run. On the last try the functions after it are put
// back for the next group, so that the next run cannot fail in this way.
Writer::Run Writer::run(Group& group, Transaction& txn, bool last_try) {
    std::vector<base::Result<void>> results;
    std::vector<std::optional<Transaction::Blocked>> blocked(group.items.size());
    for (size_t i = 0; i < group.items.size(); ++i) {
        txn.begin_function();
        base::Result<void> result = call(group.items[i].function, txn);
        if (txn.broken()) return Run::kFailed;
        bool failed = !result || txn.blocked();
        if (failed && txn.wrote()) {
            auto culprit = group.items.begin() + static_cast<std::ptrdiff_t>(i);
            if (txn.blocked()) {
                group.blocked.emplace_back(*txn.blocked(), std::move(*culprit));
            } else {
                group.answers.push_back({std::move(*culprit), std::move(result)});
            }
            culprit = group.items.erase(culprit);
            if (last_try) {
                std::move(culprit, group.items.end(), std::back_inserter(group.put_back));
                group.items.erase(culprit, group.items.end());
            }
            return Run::kAgain;
        }
        blocked[i] = txn.blocked();
        results.push_back(std::move(result));
        if (txn.bytes() > kGroupBytes) {
            auto rest = group.items.begin() + static_cast<std::ptrdiff_t>(i + 1);
            group.put_back.insert(group.put_back.begin(), std::make_move_iterator(rest),
                                  std::make_move_iterator(group.items.end()));
            group.items.erase(rest, group.items.end());
            break;
        }
    }
    for (size_t i = 0; i < group.items.size(); ++i) {
        if (blocked[i]) {
            group.blocked.emplace_back(*blocked[i], std::move(group.items[i]));
        } else {
            group.answers.push_back({std::move(group.items[i]), std::move(results[i])});
        }
    }
    group.items.clear();
    return Run::kCommit;
}

void Writer::fail(Group& group, const Error& error) {
    failed_commits_.fetch_add(1, std::memory_order_relaxed);
    if (!failure()) base::log::error("a commit failed", {{"reason", error.message}});
    note_failure(error);
    put_back(std::move(group.put_back));
    for (Item& item : group.items) item.done(error);
    for (Answer& answer : group.answers) answer.item.done(error);
    for (auto& [cause, item] : group.blocked) item.done(error);
}

std::optional<Error> Writer::failure() const {
    const base::MutexLock lock(failure_mutex_);
    return failure_;
}

void Writer::note_failure(std::optional<Error> failure) {
    const base::MutexLock lock(failure_mutex_);
    failure_ = std::move(failure);
}

Writer::Queue Writer::queue() const {
    Queue queue;
    const base::MutexLock lock(mutex_);
    queue.requests = requests_.size();
    queue.batches = batches_.size();
    Time::time_point oldest = Time::now();
    const Time::time_point now = oldest;
    if (!requests_.empty()) oldest = std::min(oldest, requests_.front().queued);
    if (!batches_.empty()) oldest = std::min(oldest, batches_.front().queued);
    queue.longest = now - oldest;
    return queue;
}

void Writer::settle(Group& group, const Transaction* committed) {
    put_back(std::move(group.put_back));
    if (committed != nullptr) {
        commits_.fetch_add(1, std::memory_order_relaxed);
        newest_revision_.store(sequence_.next_revision - 1, std::memory_order_relaxed);
        for (ClusterNumber cluster : committed->given_up()) remove_stage(cluster, false);
    }
    for (auto& [cause, item] : group.blocked) {
        if (++item.blocked > kMostBlocked) {
            item.done(Error(Code::kConflict,
                            "the write gives up what it stages itself, or stages are given up "
                            "faster than they can be removed"));
            continue;
        }
        remove_stage(cause.cluster, cause.give_up_stage);
        removals_[cause.cluster].push_back(std::move(item));
    }
    if (committed != nullptr) {
        auto done = std::ranges::count_if(group.answers, [](const Answer& answer) {
            return answer.result.has_value() && !answer.item.is_own();
        });
        writes_.fetch_add(static_cast<uint64_t>(done), std::memory_order_relaxed);
    }
    // Subscribers first: a writer that reads through one of them after its answer finds its write.
    if (committed != nullptr) notify({committed->moved(), committed->sequence().next_revision - 1});
    for (Answer& answer : group.answers) answer.item.done(std::move(answer.result));
}

void Writer::put_back(std::vector<Item> items) {
    if (items.empty()) return;
    base::MutexLock lock(mutex_);
    for (Item& item : std::views::reverse(items)) {
        auto& queue = item.priority == Priority::kRequest ? requests_ : batches_;
        queue.push_front(std::move(item));
    }
}

void Writer::remove_stage(ClusterNumber cluster, bool give_up_open) {
    if (!removals_.try_emplace(cluster).second) return;
    removing_stages_ = true;
    auto more = std::make_shared<bool>(false);
    enqueue({Priority::kBatch,
             [cluster, give_up_open, more](Transaction& txn) -> base::Result<void> {
                 SNAPGATE_ASSIGN(*more, txn.remove_stage_step(cluster, give_up_open));
                 return {};
             },
             [this, cluster, more](base::Result<void> result) {
                 stage_step_done(cluster, *more, std::move(result));
             },
             Time::now()});
}

void Writer::stage_step_done(ClusterNumber cluster, bool more, base::Result<void> result) {
    auto removal = removals_.find(cluster);
    if (removal == removals_.end()) return;
    std::vector<Item> waiting = std::move(removal->second);
    removals_.erase(removal);
    if (!result) {
        // The next write to the cluster tries again.
        for (Item& item : waiting) item.done(result.error());
    } else if (more) {
        remove_stage(cluster, false);
        removals_[cluster] = std::move(waiting);
    } else {
        put_back(std::move(waiting));
    }
    removing_stages_ = !removals_.empty();
}

}  // namespace snapgate::store

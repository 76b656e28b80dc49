#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "base/annotations.h"
#include "base/metric_text.h"
#include "base/result.h"
#include "engine/environment.h"
#include "store/history_clock.h"
#include "store/store.h"
#include "store/write_txn.h"

namespace snapgate::store {

// The one thread that writes. It takes write functions from its queues in groups. A group is one
// transaction of the engine, and one wait for the disk serves all its writes.
//
// 1. Which functions make a group (next_group): all queued requests, up to a bound. Beside requests
//    at most one batch, if that has waited for 80 ms. When no request came for 3 ms, batches alone.
// 2. How a group runs (run): its functions are called in order. A function that fails before it has
//    written only gets its error. One that fails after it has written has spoiled the transaction:
//    it leaves the group, the transaction is rolled back, and the other functions run again. If
//    that happens a second time, the functions after the failed one are left for the next group. So
//    a group runs three times at most, whatever its functions do.
// 3. How a group ends (settle, fail): after the commit the subscribers are told which heads moved,
//    and then every function is answered. If the commit fails, all get its error.
//
// Turned down: a nested transaction for each function, so that only the failed one is rolled back.
// Every write would pay for it, and failures after a write are rare.
//
// A function that meets a cluster whose given-up stage is not removed yet is set aside (Blocked).
// The stage is removed in small batches. Then the function returns to the front of its queue, so
// that it runs before the functions that came after it.
//
// Concurrency: any thread may call the public functions; `stop` is called once. The engine and the
// clock outlive the writer.
class Writer {
  public:
    using Moved = std::function<void(const HeadsMoved&)>;
    using Step = std::function<base::Result<bool>(Transaction&)>;

    Writer(engine::Environment& environment, const HistoryClock& clock, const Sequence& sequence);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void start(const std::vector<ClusterNumber>& given_up_stages);
    // Finishes the queued writes, refuses later ones, and ends the thread.
    void stop();

    void write(Priority priority, WriteFunction function, WriteDone done);
    // Runs a step of the store's own work as a batch, waits for it, and returns its result.
    // kUnavailable once the writer is being stopped.
    base::Result<bool> run_step(Step step);
    // Whether given-up stages are still being removed.
    bool removing_stages() const { return removing_stages_.load(); }

    // `moved` is called on the writer thread, under a lock that these two functions take.
    uint64_t subscribe(Moved moved);
    void unsubscribe(uint64_t id);

    // How long commits took, from the begin of the transaction on; those that failed, too.
    base::DurationHistogram::Counts commit_times() const { return commit_times_.counts(); }
    uint64_t failed_commits() const { return failed_commits_.load(std::memory_order_relaxed); }
    // What waits to be written.
    struct Queue {
        uint64_t requests = 0;
        uint64_t batches = 0;
        std::chrono::nanoseconds longest{0};  // that the oldest of them has waited
    };
    Queue queue() const;
    // Why the last commit failed; nullopt if it did not.
    std::optional<base::Error> failure() const;

    uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }
    uint64_t writes() const { return writes_.load(std::memory_order_relaxed); }
    Revision newest_revision() const { return newest_revision_.load(std::memory_order_relaxed); }

  private:
    using Time = std::chrono::steady_clock;
    // The store's own work, which may do more than a write. Not finished on shutdown.
    using OwnFunction = std::function<base::Result<void>(Transaction&)>;
    using Function = std::variant<WriteFunction, OwnFunction>;

    struct Item {
        Priority priority = Priority::kRequest;
        Function function;
        WriteDone done;
        Time::time_point queued;
        int blocked = 0;  // how often it was set aside

        bool is_own() const { return std::holds_alternative<OwnFunction>(function); }
    };
    struct Answer {
        Item item;
        base::Result<void> result;
    };
    // The items of a group, by their fate so far.
    struct Group {
        std::vector<Item> items;                                     // to run, in order
        std::vector<Answer> answers;                                 // to answer after the commit
        std::vector<std::pair<Transaction::Blocked, Item>> blocked;  // to run again later
        std::vector<Item> put_back;                                  // to run with the next group
    };
    enum class Run { kCommit, kAgain, kFailed };

    static base::Result<void> call(const Function& function, Transaction& txn);
    void enqueue(Item item);
    // Takes the item; false once the writer is being stopped.
    bool push(Item& item);
    void loop();
    std::vector<Item> next_group();
    bool may_take_batch(Time::time_point now) SNAPGATE_REQUIRES(mutex_);
    void commit(std::vector<Item> items);
    void note_failure(std::optional<base::Error> failure);
    Run run(Group& group, Transaction& txn, bool last_try);
    void fail(Group& group, const base::Error& error);
    void settle(Group& group, const Transaction* committed);
    void put_back(std::vector<Item> items);
    void remove_stage(ClusterNumber cluster, bool give_up_open);
    void stage_step_done(ClusterNumber cluster, bool more, base::Result<void> result);
    void notify(const HeadsMoved& moved);

    engine::Environment& environment_;
    const HistoryClock& clock_;
    // Writer thread:
    Sequence sequence_;

    mutable base::Mutex mutex_;
    base::Condition wake_;
    std::deque<Item> requests_ SNAPGATE_GUARDED_BY(mutex_);
    std::deque<Item> batches_ SNAPGATE_GUARDED_BY(mutex_);
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    Time::time_point last_request_ SNAPGATE_GUARDED_BY(mutex_);

    mutable base::Mutex failure_mutex_;
    std::optional<base::Error> failure_ SNAPGATE_GUARDED_BY(failure_mutex_);

    base::Mutex subscribers_mutex_;
    std::map<uint64_t, Moved> subscribers_ SNAPGATE_GUARDED_BY(subscribers_mutex_);
    uint64_t next_subscriber_ SNAPGATE_GUARDED_BY(subscribers_mutex_) = 1;

    // Writer thread: clusters whose stage is being removed, and the writes that wait for it.
    std::map<ClusterNumber, std::vector<Item>> removals_;
    std::atomic<bool> removing_stages_ = false;

    std::atomic<uint64_t> commits_ = 0;
    std::atomic<uint64_t> writes_ = 0;
    std::atomic<uint64_t> failed_commits_ = 0;
    base::DurationHistogram commit_times_;
    std::atomic<Revision> newest_revision_;
    std::thread thread_;
};

}  // namespace snapgate::store

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/annotations.h"
#include "base/metric_text.h"
#include "base/result.h"
#include "etcd/client.h"
#include "replica/copy_state.h"
#include "replica/draft.h"
#include "replica/follower.h"
#include "replica/truth_keys.h"
#include "replica/truth_txn.h"
#include "store/store.h"

namespace snapgate::replica {

// Writes to etcd. Write functions wait in a queue, and are taken in groups, as the store's own
// writer does it (store/writer.h):
//
// 1. The functions of a group run one after the other against the copy, and see what those before
//    them wrote: what they read and want written is collected in a Draft (truth_txn.h).
// 2. The draft goes to etcd as one transaction, which holds only if everything that was read is so
//    still. If it does not, another replica was faster: once the copy has its writes, the group
//    goes back to the front of the queue. It runs again at once, and so is ahead of the next write
//    of the replica that was faster.
// 3. When etcd has taken it, and the copy has what etcd took, every function is answered, on the
//    copy's writer thread. So whoever was answered finds its write here. Lines for the audit trail
//    are on this machine's disk before that.
//
// Meanwhile the next groups run, and their drafts go to etcd, too: up to kMostInFlight are in
// flight at once. Why that is safe: to etcd, a server with several transactions in flight is what
// several servers with one each are. Each transaction names all that it goes by, so etcd takes it
// only if it would have come to the same after all those that etcd took before.
//
// A function that reads what a draft in flight changes would be turned down by etcd, or answer by
// what is about to change. It is not sent: it waits at the front of the queue until that draft's
// fate is known and the copy shows it (TruthTxn::waits). So a function sees the writes of all that
// were queued before it, as with the store's own writer, and functions that count, or that change
// one object, are in flight one after the other. All others do not wait.
//
// A group is as large as etcd's limits allow. A function that fails after it has written spoils the
// draft: the group runs again without it. A write whose answer was lost may have been done; it is
// never sent twice, and its error says so.
//
// Turned down: a transaction of its own for every function. etcd and every copy would have the work
// of a transaction for each object.
//
// Any thread may call the public functions; start() and stop() are called once. What it refers to
// outlives it.
class Committer {
  public:
    Committer(etcd::Client& client, store::Store& copy, const TruthKeys& keys, Follower& follower,
              TxnLimits limits);
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    void start();
    // Finishes what is queued, refuses what comes later, and ends the thread.
    void stop();

    void write(store::Priority priority, store::WriteFunction function, store::WriteDone done);

    // Of the transactions that etcd took.
    base::DurationHistogram::Counts times() const { return times_.counts(); }
    // How often a group ran again because another replica had changed something that it had read.
    uint64_t conflicts() const { return conflicts_.load(std::memory_order_relaxed); }

  private:
    using Time = std::chrono::steady_clock;
    struct Item {
        store::Priority priority = store::Priority::kRequest;
        store::WriteFunction function;
        store::WriteDone done;
        // How long it may go on losing to other replicas; none before the first time.
        std::optional<Time::time_point> give_up_at = std::nullopt;
    };
    struct Answer {
        Item item;
        base::Result<void> result;
    };
    // The items of a group, by their fate so far.
    struct Group {
        std::vector<Item> items;      // to run, in order
        std::vector<Answer> refused;  // ran, and left the group; answered with the others
        std::vector<base::Result<void>> results;  // of the items, after a whole run
        std::vector<std::string> audit_lines;     // and what they add to the audit trail
    };
    // A group whose draft is with etcd, or was, until the copy shows its fate.
    struct Flight {
        Group group;
        Draft draft;
        int64_t offset = 0;
        bool batch = false;
        bool lost = false;  // to another replica
        Time::time_point begun;
    };
    struct Event {
        Flight* flight;
        // What etcd said; or that the copy is where the flight waits for it, or will not get there.
        std::variant<etcd::Result<etcd::Committed>, base::Result<void>> what;
    };
    // What the thread does next. Nothing: it ends.
    struct Turn {
        std::vector<Event> events;
        std::vector<Item> items;
    };

    void loop();
    Turn next_turn() SNAPGATE_EXCLUDES(mutex_);
    std::vector<Item> next_items() SNAPGATE_REQUIRES(mutex_);
    void happened(Event event) SNAPGATE_EXCLUDES(mutex_);

    void begin(Group group);
    // Runs the functions until all that are left have run in one draft that etcd can take.
    base::Result<void> run(Group& group, Flight& flight, etcd::Txn& txn);
    // One run; false: the group has changed, and has to run again.
    bool run_once(Group& group, TruthTxn& txn, const Draft& draft);
    // The items from `from` on go back to the front of their queue.
    void put_back(Group& group, size_t from) SNAPGATE_EXCLUDES(mutex_);
    static void refuse(Group& group, size_t index, base::Error error);
    std::vector<const Draft*> drafts_in_flight() const;

    void take(Event event);
    void answered(Flight& flight, etcd::Result<etcd::Committed> answer);
    void not_taken(Group group, const etcd::Error& error);
    void wait_for_others(Flight& flight, const etcd::Committed& answer);
    void run_again(Group group);
    // The flight is no more.
    Group land(Flight& flight);
    base::Result<void> wait_until_followed();
    void answer(Group group, const std::optional<base::Error>& failure);

    etcd::Client& client_;
    store::Store& copy_;
    const TruthKeys& keys_;
    Follower& follower_;
    const TxnLimits limits_;
    base::DurationHistogram times_;
    std::atomic<uint64_t> conflicts_ = 0;

    // The thread's own.
    std::vector<std::unique_ptr<Flight>> flights_;
    bool waits_ = false;  // what is first in the queue waits for a flight
    bool batch_last_ = false;

    base::Mutex mutex_;
    base::Condition wake_;
    std::deque<Item> requests_ SNAPGATE_GUARDED_BY(mutex_);
    std::deque<Item> batches_ SNAPGATE_GUARDED_BY(mutex_);
    std::vector<Event> events_ SNAPGATE_GUARDED_BY(mutex_);
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace snapgate::replica

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <thread>
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
//    still. If it does not, another replica was faster: once the copy has its writes, the whole
//    group runs again.
// 3. When etcd has taken it, and the copy has what etcd took, every function is answered, on the
//    copy's writer thread. So whoever was answered finds its write here, and the next group builds
//    on it. Lines for the audit trail are on this machine's disk before that.
//
// A group is as large as etcd's limits allow. A function that fails after it has written spoils the
// draft: the group runs again without it. A write whose answer was lost may have been done; it is
// never sent twice, and its error says so.
//
// Turned down: a transaction of its own for every function, many at a time. Functions that read
// what others write (counts, notes, the registry) would then conflict with those of their own
// server.
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
    // How often a group ran again because something it had read was changed elsewhere.
    uint64_t conflicts() const { return conflicts_.load(std::memory_order_relaxed); }

  private:
    using Time = std::chrono::steady_clock;
    struct Item {
        store::Priority priority = store::Priority::kRequest;
        store::WriteFunction function;
        store::WriteDone done;
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
        Time::time_point deadline;
    };
    enum class Sent { kDone, kAgain };

    void loop();
    std::vector<Item> next_group();
    void commit(std::vector<Item> items);
    // Runs the functions until all that are left have run in one draft that etcd can take.
    base::Result<void> run(Group& group, Draft& draft, CopyState& state);
    // One run; false: the group has changed, and has to run again.
    bool run_once(Group& group, TruthTxn& txn, Draft& draft);
    base::Result<Sent> send(Group& group, const Draft& draft, int64_t applied,
                            const CopyState& state);
    base::Result<Sent> not_taken(Group& group, const etcd::Error& error);
    base::Result<Sent> wait_for_others(Group& group, const etcd::Committed& answer);
    base::Result<void> wait_for_copy(int64_t revision, base::Millis patience);
    void cut(Group& group, size_t from);
    void refuse(Group& group, size_t index, base::Error error);
    void answer(Group group, const std::optional<base::Error>& failure,
                std::vector<std::string> audit_lines = {});

    etcd::Client& client_;
    store::Store& copy_;
    const TruthKeys& keys_;
    Follower& follower_;
    const TxnLimits limits_;
    base::DurationHistogram times_;
    std::atomic<uint64_t> conflicts_ = 0;

    base::Mutex mutex_;
    base::Condition wake_;
    std::deque<Item> requests_ SNAPGATE_GUARDED_BY(mutex_);
    std::deque<Item> batches_ SNAPGATE_GUARDED_BY(mutex_);
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool batch_last_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace snapgate::replica

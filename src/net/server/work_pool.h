#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/annotations.h"
#include "net/awaitable.h"

namespace snapgate::net {

// Threads for work that takes longer than other connections may wait for, by itself (large YAML,
// compression) or because many of its steps come together (questions that search).
// They have a lower priority than those that serve connections. Owners take turns: however much of
// one owner's work waits, the next work of another has to wait for one piece of it only. Any thread
// may call run().
class WorkPool {
  public:
    // Whom the work is for: an address that nothing else has while the work waits.
    using Owner = const void*;

    explicit WorkPool(unsigned threads);
    ~WorkPool();  // as stop()
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    // Does `work` on a thread of the pool, when it is the owner's turn and in the order of its
    // calls, and goes on on the caller's own thread. What `work` throws is thrown there. What it
    // refers to lives in the caller's frame, which is there until the work has ended, or until
    // stop() has returned.
    Awaitable<void> run(Owner owner, std::function<void()> work);

    // Ends the threads: waits for work that has begun. Other work, and who waits for it, is dropped
    // with the pool.
    void stop();

  private:
    using Work = std::function<void()>;

    void serve();
    Work take_next() SNAPGATE_REQUIRES(mutex_);

    base::Mutex mutex_;
    base::Condition wake_;
    // The work that waits; an owner without any has no entry.
    std::unordered_map<Owner, std::deque<Work>> queues_ SNAPGATE_GUARDED_BY(mutex_);
    std::deque<Owner> turns_ SNAPGATE_GUARDED_BY(mutex_);  // of queues_, whose turn is next first
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;
};

}  // namespace snapgate::net

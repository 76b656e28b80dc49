#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "net/awaitable.h"

namespace snapgate::net {

// Threads for work that takes longer than other connections may wait for: large YAML, compression.
// They have a lower priority than those that serve connections. Any thread may call run().
class WorkPool {
  public:
    explicit WorkPool(unsigned threads);
    ~WorkPool();  // as stop()
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    // Does `work` on a thread of the pool, in the order of the calls, and goes on on the caller's
    // own thread. What `work` throws is thrown there. What it refers to lives in the caller's
    // frame, which is there until the work has ended, or until stop() has returned.
    Awaitable<void> run(std::function<void()> work);

    // Ends the threads: waits for work that has begun. Other work, and who waits for it, is dropped
    // with the pool.
    void stop();

  private:
    void serve();

    base::Mutex mutex_;
    base::Condition wake_;
    std::deque<std::function<void()>> queue_ SNAPGATE_GUARDED_BY(mutex_);
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;
};

}  // namespace snapgate::net

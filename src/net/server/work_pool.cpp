#include "net/server/work_pool.h"

#include <exception>
#include <utility>

#include "base/this_thread.h"
#include "net/await.h"

namespace snapgate::net {

WorkPool::WorkPool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

WorkPool::~WorkPool() {
    stop();
}

void WorkPool::stop() {
    {
        const base::MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void WorkPool::serve() {
    base::name_this_thread("snapgate-work");
    // Who waits for a small answer goes first.
    base::run_this_thread_behind_requests();
    while (true) {
        Work work;
        {
            const base::MutexLock lock(mutex_);
            while (turns_.empty() && !stopping_) wake_.wait(mutex_);
            if (stopping_) return;
            work = take_next();
        }
        work();
    }
}

WorkPool::Work WorkPool::take_next() {
    const Owner owner = turns_.front();
    turns_.pop_front();
    const auto queue = queues_.find(owner);
    Work work = std::move(queue->second.front());
    queue->second.pop_front();
    if (queue->second.empty()) {
        queues_.erase(queue);
    } else {
        turns_.push_back(owner);
    }
    return work;
}

Awaitable<void> WorkPool::run(Owner owner, std::function<void()> work) {
    std::exception_ptr thrown;
    std::function<void(std::function<void(bool)>)> begin =
        [&](const std::function<void(bool)>& done) {
            {
                const base::MutexLock lock(mutex_);
                std::deque<Work>& queue = queues_[owner];
                queue.emplace_back([&work, &thrown, done] {
                    try {
                        work();
                    } catch (...) {
                        thrown = std::current_exception();
                    }
                    done(true);
                });
                if (queue.size() == 1) turns_.push_back(owner);
            }
            wake_.notify_one();
        };
    co_await await_callback<bool>(std::move(begin));
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace snapgate::net

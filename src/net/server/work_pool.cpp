#include "net/server/work_pool.h"

#include <pthread.h>
#include <sys/resource.h>

#include <exception>
#include <utility>

#include "net/await.h"

namespace snapgate::net {

namespace {

// Of Linux' -20 to 19: who waits for a small answer goes first.
constexpr int kNiceness = 5;

}  // namespace

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
    pthread_setname_np(pthread_self(), "snapgate-work");
    // On Linux that is the thread's own.
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
    while (true) {
        std::function<void()> work;
        {
            const base::MutexLock lock(mutex_);
            while (queue_.empty() && !stopping_) wake_.wait(mutex_);
            if (stopping_) return;
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        work();
    }
}

Awaitable<void> WorkPool::run(std::function<void()> work) {
    std::exception_ptr thrown;
    std::function<void(std::function<void(bool)>)> begin =
        [&](const std::function<void(bool)>& done) {
            {
                const base::MutexLock lock(mutex_);
                queue_.emplace_back([&work, &thrown, done] {
                    try {
                        work();
                    } catch (...) {
                        thrown = std::current_exception();
                    }
                    done(true);
                });
            }
            wake_.notify_one();
        };
    co_await await_callback<bool>(std::move(begin));
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace snapgate::net

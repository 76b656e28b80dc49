#include "base/background_thread.h"

#include <utility>

namespace snapgate::base {

void BackgroundThread::start(std::function<void()> loop) {
    thread_ = std::thread(std::move(loop));
}

void BackgroundThread::stop() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool BackgroundThread::stopping() const {
    const MutexLock lock(mutex_);
    return stopping_;
}

bool BackgroundThread::wait_until(Time time) {
    const MutexLock lock(mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < time) changed_.wait_until(mutex_, time);
    return !stopping_;
}

bool BackgroundThread::wait_for_wake(Time latest) {
    const MutexLock lock(mutex_);
    while (!stopping_ && !woken_ && std::chrono::steady_clock::now() < latest) {
        if (latest == Time::max()) {
            changed_.wait(mutex_);
        } else {
            changed_.wait_until(mutex_, latest);
        }
    }
    woken_ = false;
    return !stopping_;
}

void BackgroundThread::wake() {
    {
        const MutexLock lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

}  // namespace snapgate::base

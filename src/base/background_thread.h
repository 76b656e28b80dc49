#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/annotations.h"
#include "base/clock.h"

namespace snapgate::base {

// A thread for work behind the traffic, which waits between its steps and ends within a step when
// it is stopped. start() and stop() belong to the owner; the loop asks and waits; any thread may
// ask, and wake it.
class BackgroundThread {
  public:
    using Time = std::chrono::steady_clock::time_point;

    BackgroundThread() = default;
    ~BackgroundThread() { stop(); }
    BackgroundThread(const BackgroundThread&) = delete;
    BackgroundThread& operator=(const BackgroundThread&) = delete;

    // Once.
    void start(std::function<void()> loop);
    // Waits until the loop has ended, if it was started. May be called again.
    void stop() SNAPGATE_EXCLUDES(mutex_);
    bool stopping() const SNAPGATE_EXCLUDES(mutex_);
    // False, at once, if the loop is to end.
    bool wait_until(Time time) SNAPGATE_EXCLUDES(mutex_);
    bool pause(Millis time) { return wait_until(std::chrono::steady_clock::now() + time); }
    // The same, and a wake() ends it, too: also one that came before, since the last such wait.
    bool wait_for_wake(Time latest = Time::max()) SNAPGATE_EXCLUDES(mutex_);
    void wake() SNAPGATE_EXCLUDES(mutex_);

  private:
    mutable Mutex mutex_;
    Condition changed_;
    bool stopping_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool woken_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace snapgate::base

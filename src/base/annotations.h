#pragma once

#include <condition_variable>
#include <mutex>

// clang's thread-safety annotations: the compiler checks that a guarded member is touched only
// while its mutex is held (-Wthread-safety is an error here).
#define SNAPGATE_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define SNAPGATE_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define SNAPGATE_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))

namespace snapgate::base {

// std::mutex with the annotations that libstdc++'s lacks.
class __attribute__((capability("mutex"))) Mutex {
  public:
    void lock() __attribute__((acquire_capability())) { mutex_.lock(); }
    void unlock() __attribute__((release_capability())) { mutex_.unlock(); }

  private:
    friend class Condition;
    std::mutex mutex_;
};

class __attribute__((scoped_lockable)) MutexLock {
  public:
    explicit MutexLock(Mutex& mutex) __attribute__((acquire_capability(mutex))) : mutex_(mutex) {
        mutex_.lock();
    }
    ~MutexLock() __attribute__((release_capability())) { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

  private:
    Mutex& mutex_;
};

// What threads that hold a Mutex wait for. std::condition_variable_any would do, but it has a mutex
// of its own, so that a thread which is woken often has to wait for two mutexes, one after the
// other.
class Condition {
  public:
    void notify_one() { condition_.notify_one(); }
    void notify_all() { condition_.notify_all(); }

    // As those of std::condition_variable. `mutex` is held before and after, not while waiting; a
    // predicate is called with the mutex held, and must not throw.
    void wait(Mutex& mutex) SNAPGATE_REQUIRES(mutex) {
        Held held(mutex);
        condition_.wait(held.lock);
    }
    template <typename Predicate>
    void wait(Mutex& mutex, Predicate predicate) SNAPGATE_REQUIRES(mutex) {
        Held held(mutex);
        condition_.wait(held.lock, predicate);
    }
    template <typename Time>
    std::cv_status wait_until(Mutex& mutex, const Time& time) SNAPGATE_REQUIRES(mutex) {
        Held held(mutex);
        return condition_.wait_until(held.lock, time);
    }
    template <typename Span, typename Predicate>
    bool wait_for(Mutex& mutex, const Span& span, Predicate predicate) SNAPGATE_REQUIRES(mutex) {
        Held held(mutex);
        return condition_.wait_for(held.lock, span, predicate);
    }

  private:
    // The mutex as std::condition_variable wants it, for the time of a wait.
    struct Held {
        explicit Held(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
        ~Held() { lock.release(); }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        std::unique_lock<std::mutex> lock;
    };

    std::condition_variable condition_;
};

}  // namespace snapgate::base

#pragma once

#include <mutex>

// clang's thread-safety annotations: the compiler checks that a guarded member is touched only
// while its mutex is held (-Wthread-safety is an error here).
#define SNAPGATE_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define SNAPGATE_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define SNAPGATE_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))

namespace snapgate::base {

// std::mutex with the annotations that libstdc++'s lacks. Use with std::condition_variable_any.
class __attribute__((capability("mutex"))) Mutex {
  public:
    void lock() __attribute__((acquire_capability())) { mutex_.lock(); }
    void unlock() __attribute__((release_capability())) { mutex_.unlock(); }

  private:
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

}  // namespace snapgate::base

#pragma once

#include <cstdint>

#include "base/background_thread.h"

namespace snapgate::app {

// Gives memory that is free back to the system. By itself glibc gives back what lies at the end of
// a heap: behind a burst of requests a few small pieces are left there, and all that is free below
// them stays with the process.
class FreeMemory {
  public:
    // So much may be free in malloc's heaps until a look gives it back.
    static constexpr uint64_t kMostFree = 8 << 20;

    // Sets malloc's limits: to be made before the process has other threads.
    FreeMemory();

    // Looks every ten seconds from now on. That is rare enough for a server whose requests take and
    // free the same memory again and again, and gives it back soon after the last of them.
    void start();

    // What start() does each time: gives back if much more is free than the last time could not.
    // True if it did. One thread at a time, which is that of start() if it was called.
    bool look();

    // Memory in bytes that belongs to this process alone, files that it has mapped left out; 0
    // where the system does not tell.
    static uint64_t resident();

  private:
    uint64_t not_given_back_ = 0;  // the last time: it looks free, and is in use otherwise
    base::BackgroundThread thread_;
};

}  // namespace snapgate::app

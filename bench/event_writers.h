#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "crowd.h"

namespace snapgate::bench {

// Creates snapshots over HTTP at a steady rate, over a few connections, and notes when each was
// acknowledged. Everything from one thread; a refused write throws at finish().
class EventWriters {
  public:
    struct Options {
        uint16_t port = 0;
        std::string target;  // with a "#": the number of one of the clusters, in turn
        size_t clusters = 1;
        std::string key;
        double per_second = 1;
        size_t writes = 1;
        unsigned connections = 1;
        size_t padding = 0;  // bytes of an annotation, for larger objects
        std::string run;     // part of the names
    };

    explicit EventWriters(Options options);
    ~EventWriters();
    EventWriters(const EventWriters&) = delete;
    EventWriters& operator=(const EventWriters&) = delete;

    // When the writes so far were acknowledged, in that order.
    std::vector<Clock::time_point> acknowledged() const;
    size_t count() const { return done_.load(std::memory_order_relaxed); }
    bool ended() const { return running_.load() == 0; }
    // Waits for the end.
    void finish();

  private:
    void run();
    void write_all();

    const Options options_;
    const Clock::time_point begin_ = Clock::now();
    std::atomic<size_t> next_{0};
    std::atomic<size_t> done_{0};
    std::atomic<unsigned> running_{0};
    mutable base::Mutex mutex_;
    std::vector<Clock::time_point> acknowledged_ SNAPGATE_GUARDED_BY(mutex_);
    std::string fault_ SNAPGATE_GUARDED_BY(mutex_);
    std::vector<std::thread> threads_;
};

}  // namespace snapgate::bench

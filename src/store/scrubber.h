#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/background_thread.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/environment.h"

namespace snapgate::store {

// Reads the whole data file behind the traffic, a little each second, and so finds damage of rows
// that nobody asks for, while there still is a backup without it. A damaged row is told as one that
// a request has read (damage.h); a damaged page is logged.
//
// It reads the file by system calls, with the reader that fsck has, and not through LMDB: LMDB
// would follow a damaged page anywhere, and so a page that no request needs would end the server.
// For each step it holds a read transaction for some milliseconds, so that no page that it reads is
// overwritten.
//
// The environment and the clock outlive it. `step` belongs to one thread at a time; the counters
// may be read by any thread.
class Scrubber {
  public:
    // A pass begins each `interval`; the first one after a minute, or after `interval` if that is
    // shorter.
    Scrubber(engine::Environment& environment, std::filesystem::path data_file,
             const base::Clock& clock, base::Millis interval);
    ~Scrubber();
    Scrubber(const Scrubber&) = delete;
    Scrubber& operator=(const Scrubber&) = delete;

    void start();
    void stop();

    // Checks about `most_bytes` more. True if that was the last part of a pass. kUnavailable if the
    // file cannot be opened.
    base::Result<bool> step(uint64_t most_bytes);

    uint64_t passes() const { return passes_.load(std::memory_order_relaxed); }
    // Found damaged, since the start; a page that stays damaged counts once for each pass.
    uint64_t damaged_pages() const { return damaged_pages_.load(std::memory_order_relaxed); }
    // Versions of objects that were read since the start.
    uint64_t objects() const { return objects_.load(std::memory_order_relaxed); }
    // When the last pass ended, by the system's clock; 0 before the first one has.
    int64_t completed_ms() const { return completed_ms_.load(std::memory_order_relaxed); }
    // The damaged rows that the last pass found.
    uint64_t damaged_rows() const { return damaged_rows_.load(std::memory_order_relaxed); }

  private:
    void loop();
    uint64_t bytes_of_step() const;
    void check_row(std::string_view key, std::string_view stored);
    void end_pass();

    engine::Environment& environment_;
    const std::filesystem::path data_file_;
    const base::Clock& clock_;
    const base::Millis interval_;
    std::string from_;         // the key that the next step begins with
    uint64_t told_pages_ = 0;  // damaged pages that were logged in this pass
    uint64_t found_rows_ = 0;  // damaged rows of this pass
    std::atomic<uint64_t> passes_ = 0;
    std::atomic<uint64_t> damaged_pages_ = 0;
    std::atomic<uint64_t> objects_ = 0;
    std::atomic<int64_t> completed_ms_ = 0;
    std::atomic<uint64_t> damaged_rows_ = 0;
    base::BackgroundThread thread_;
};

}  // namespace snapgate::store

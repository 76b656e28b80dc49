#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "terminal/console.h"

namespace snapgate::cli {

// A progress bar on stderr where that is a terminal, nothing elsewhere. One thread; the console
// outlives it.
class Progress {
  public:
    // `total_bytes` 0: not known.
    Progress(Console& console, std::string title, uint64_t total_bytes);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void advance(uint64_t bytes, size_t items);
    // Shows what is being waited for, in place of the bar.
    void wait_for(std::string_view what);

  private:
    using SteadyClock = std::chrono::steady_clock;

    Console& console_;
    std::string title_;
    uint64_t total_;
    SteadyClock::time_point begun_;
    SteadyClock::time_point shown_;
};

// Loading [=====>    ] 52%  260.1 MB of 500.0 MB  118,204 objects  24,011/s
std::string progress_line(std::string_view title, uint64_t bytes, uint64_t total, size_t items,
                          std::chrono::duration<double> elapsed);

// 950 B, 12.3 kB, 500.0 MB.
std::string format_bytes(uint64_t bytes);

}  // namespace snapgate::cli

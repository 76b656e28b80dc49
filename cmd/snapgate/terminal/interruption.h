#pragma once

#include <chrono>

#include "remote/failure.h"

namespace snapgate::cli {

// Lets a command that waits notice Ctrl-C (SIGINT) and SIGTERM and end in order, instead of being
// killed in the middle of a line. A second signal kills it as usual. Signals that the program was
// started to ignore stay ignored. At most one in a process; used by one thread.
class Interruption {
  public:
    static Outcome<Interruption> listen();
    // Restores the default actions of the signals.
    ~Interruption();
    Interruption(Interruption&& other) noexcept;
    Interruption& operator=(Interruption&&) = delete;

    // Readable from the first signal on.
    int fd() const { return fd_; }
    // Waits for `duration`; returns true at once when a signal has come.
    bool wait(std::chrono::milliseconds duration) const;

  private:
    explicit Interruption(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace snapgate::cli

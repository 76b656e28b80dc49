#pragma once

#include <chrono>

#include "remote/failure.h"

namespace snapgate::cli {

// Ctrl-C (SIGINT) and SIGTERM as something that a command that waits can see and end by in order,
// instead of being killed within a line. A second signal kills as ever. Where the caller of the
// program has these signals ignored they stay so. One in a process; one thread.
class Interruption {
  public:
    static Outcome<Interruption> listen();
    // From here on the signals do what they did.
    ~Interruption();
    Interruption(Interruption&& other) noexcept;
    Interruption& operator=(Interruption&&) = delete;

    // Readable from the first signal on.
    int fd() const { return fd_; }
    // Waits as long as this; true if it was interrupted.
    bool wait(std::chrono::milliseconds duration) const;

  private:
    explicit Interruption(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace snapgate::cli

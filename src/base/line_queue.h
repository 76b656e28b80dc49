#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace snapgate::base {

// What a line is worth when there is no room for all: each kind has room left once those before it
// have none.
enum class Worth {
    kAccess,   // one of very many
    kNotice,   // what the program did
    kTrouble,  // warnings and errors
};

// Takes whole lines from any thread and writes them, in the order in which they came, to a file
// descriptor that may be stuck: a pipe whose reader stands still, a stopped terminal. Between
// start() and stop() a thread of its own writes and nobody waits for it: a line that finds no room
// is dropped and counted. Once lines flow again, one says how many were lost. At other times
// whoever adds a line writes it.
class LineQueue {
  public:
    // Of `room` bytes the last quarter is kept for notices and trouble, the last eighth for
    // trouble. As much again may be on its way to `fd`. `notice` makes the line that says how many
    // were lost, without its end; called by the thread that writes.
    using Notice = std::string (*)(uint64_t lost);
    LineQueue(int fd, size_t room, Notice notice);
    ~LineQueue();  // stops without patience what is not stopped
    LineQueue(const LineQueue&) = delete;
    LineQueue& operator=(const LineQueue&) = delete;

    // start() and stop() are called by one thread, in turns.
    void start();
    // Writes what is there, for at most `patience`; what is left then is lost, and a thread that
    // hangs in the write is left behind until the process ends.
    void stop(std::chrono::milliseconds patience);

    void add(Worth worth, std::string_view line);
    // Lines that were dropped for want of room, or that could not be written.
    uint64_t lost() const;

  private:
    struct State;
    // Shared with a thread that is left behind.
    std::shared_ptr<State> state_;
    std::thread writer_;
};

}  // namespace snapgate::base

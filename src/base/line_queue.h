#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace snapgate::base {

// The worth of a line when there is not room for all: each kind still has room when the kinds
// before it have none.
enum class Worth {
    kAccess,   // one of very many
    kNotice,   // an action of the program
    kTrouble,  // warnings and errors
};

// Takes whole lines from any thread and writes them, in the order in which they came, to a file
// descriptor that may be stuck: a pipe whose reader stands still, a stopped terminal. Between
// start() and stop() the queue's own thread writes and nobody waits for it: a line that finds no
// room is dropped and counted. When lines flow again, an extra line says how many were lost. At
// other times the thread that adds a line writes it.
class LineQueue {
  public:
    // The last quarter of the `room` bytes is reserved for notices and trouble, the last eighth for
    // trouble. Up to `room` further bytes may be on their way to `fd`. `notice` makes the line that
    // says how many were lost, without a line feed; the thread that writes calls it.
    using Notice = std::string (*)(uint64_t lost);
    LineQueue(int fd, size_t room, Notice notice);
    ~LineQueue();  // stops the queue without patience, if it is still started
    LineQueue(const LineQueue&) = delete;
    LineQueue& operator=(const LineQueue&) = delete;

    // One thread calls start() and stop(), in turns.
    void start();
    // Writes the remaining lines, for at most `patience`. The rest is lost, and a thread that hangs
    // in the write is left behind until the process ends.
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

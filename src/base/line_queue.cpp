#include "base/line_queue.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "base/annotations.h"

namespace snapgate::base {
namespace {

// POSIX writes this much to a pipe in one piece, so that the lines of several processes do not mix.
constexpr size_t kPieceBytes = 4096;
// Between two writes the thread collects lines for this long, so that under load it does not wake
// for each line.
constexpr std::chrono::milliseconds kGather{2};
// How long to wait at a time for room in a descriptor that another program made non-blocking.
constexpr int kRoomMs = 100;

// The whole lines at the beginning of `text` that fit into one piece, or one longer line.
std::string_view first_piece(std::string_view text) {
    if (text.size() <= kPieceBytes) return text;
    size_t end = text.substr(0, kPieceBytes).rfind('\n');
    if (end == std::string_view::npos) end = text.find('\n');
    return text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
}

uint64_t count_lines(std::string_view text) {
    return static_cast<uint64_t>(std::ranges::count(text, '\n'));
}

}  // namespace

struct LineQueue::State {
    enum class Phase {
        kDirect,   // the thread that adds a line writes it
        kQueued,   // the queue's thread writes
        kEnding,   // the queue's thread writes until nothing is left
        kGivenUp,  // the queue's thread hangs in a write, and any other thread would, too
    };

    State(int descriptor, size_t bytes, Notice make) : fd(descriptor), room(bytes), notice(make) {}

    const int fd;
    const size_t room;
    const Notice notice;
    std::atomic<uint64_t> lost = 0;
    std::atomic<bool> given_up = false;

    Mutex mutex;
    Condition changed;
    Phase phase SNAPGATE_GUARDED_BY(mutex) = Phase::kDirect;
    std::string pending SNAPGATE_GUARDED_BY(mutex);
    uint64_t unsaid SNAPGATE_GUARDED_BY(mutex) = 0;  // lost, and no line has said so yet
    bool idle SNAPGATE_GUARDED_BY(mutex) = false;    // the thread waits for a line

    size_t room_for(Worth worth) const {
        if (worth == Worth::kTrouble) return room;
        return room - room / (worth == Worth::kNotice ? 8 : 4);
    }

    void lose(uint64_t lines) SNAPGATE_REQUIRES(mutex) {
        lost.fetch_add(lines, std::memory_order_relaxed);
        unsaid += lines;
    }

    // Returns the end of `text` that could not be written.
    std::string_view write_out(std::string_view text) const {
        while (!text.empty() && !given_up.load(std::memory_order_relaxed)) {
            const std::string_view piece = first_piece(text);
            const ssize_t written = ::write(fd, piece.data(), piece.size());
            if (written >= 0) {
                text.remove_prefix(static_cast<size_t>(written));
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                pollfd one{fd, POLLOUT, 0};
                ::poll(&one, 1, kRoomMs);
            } else if (errno != EINTR) {
                break;
            }
        }
        return text;
    }

    // Writes lines, and then that `missing` more were lost.
    void write_batch(std::string_view lines, uint64_t missing) SNAPGATE_EXCLUDES(mutex) {
        const uint64_t unwritten = count_lines(write_out(lines));
        const bool said =
            missing == 0 || (unwritten == 0 && write_out(notice(missing) + '\n').empty());
        MutexLock lock(mutex);
        lose(unwritten);
        if (!said) unsaid += missing;
    }

    // Waits for lines and takes them all. False when the queue has ended; from then on each thread
    // writes its own lines.
    bool take(std::string& lines, uint64_t& missing) SNAPGATE_EXCLUDES(mutex) {
        MutexLock lock(mutex);
        idle = true;
        changed.wait(mutex, [this]() SNAPGATE_REQUIRES(mutex) {
            return !pending.empty() || phase != Phase::kQueued;
        });
        idle = false;
        lines.clear();
        lines.swap(pending);
        missing = std::exchange(unsaid, 0);
        if (!lines.empty()) return true;
        if (phase == Phase::kEnding) phase = Phase::kDirect;
        changed.notify_all();
        return false;
    }

    void gather() SNAPGATE_EXCLUDES(mutex) {
        MutexLock lock(mutex);
        changed.wait_for(mutex, kGather,
                         [this]() SNAPGATE_REQUIRES(mutex) { return phase != Phase::kQueued; });
    }

    void run() SNAPGATE_EXCLUDES(mutex) {
        std::string lines;
        uint64_t missing = 0;
        while (take(lines, missing)) {
            write_batch(lines, missing);
            gather();
        }
    }
};

LineQueue::LineQueue(int fd, size_t room, Notice notice)
    : state_(std::make_shared<State>(fd, room, notice)) {}

LineQueue::~LineQueue() {
    if (writer_.joinable()) stop(std::chrono::milliseconds(0));
}

void LineQueue::start() {
    {
        MutexLock lock(state_->mutex);
        if (state_->phase != State::Phase::kDirect) return;
        state_->phase = State::Phase::kQueued;
    }
    writer_ = std::thread([state = state_] { state->run(); });
}

void LineQueue::stop(std::chrono::milliseconds patience) {
    if (!writer_.joinable()) return;
    State& state = *state_;
    {
        MutexLock lock(state.mutex);
        state.phase = State::Phase::kEnding;
        state.changed.notify_all();
        const bool ended = state.changed.wait_for(state.mutex, patience,
                                                  [&state]() SNAPGATE_REQUIRES(state.mutex) {
                                                      return state.phase == State::Phase::kDirect;
                                                  });
        if (!ended) {
            state.phase = State::Phase::kGivenUp;
            state.given_up = true;
            writer_.detach();
            return;
        }
    }
    writer_.join();
}

void LineQueue::add(Worth worth, std::string_view line) {
    State& state = *state_;
    bool wake = false;
    {
        MutexLock lock(state.mutex);
        switch (state.phase) {
            case State::Phase::kDirect: {
                const std::string whole = std::string(line) + '\n';
                if (!state.write_out(whole).empty()) state.lose(1);
                return;
            }
            case State::Phase::kGivenUp:
                state.lose(1);
                return;
            case State::Phase::kQueued:
            case State::Phase::kEnding:
                break;
        }
        if (state.pending.size() + line.size() + 1 > state.room_for(worth)) {
            state.lose(1);
            return;
        }
        state.pending += line;
        state.pending += '\n';
        wake = state.idle;
    }
    if (wake) state.changed.notify_all();
}

uint64_t LineQueue::lost() const {
    return state_->lost.load(std::memory_order_relaxed);
}

}  // namespace snapgate::base

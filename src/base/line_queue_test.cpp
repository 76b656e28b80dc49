#include "base/line_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace snapgate::base {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{10'000};
constexpr size_t kRoom = 8192;

std::string say(uint64_t lost) {
    return "lost " + std::to_string(lost);
}

class Pipe {
  public:
    Pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
    ~Pipe() {
        close_end(0);
        close_end(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int in() const { return ends_[1]; }
    void close_end(size_t which) {
        if (ends_.at(which) >= 0) ::close(std::exchange(ends_.at(which), -1));
    }
    // Leaves the writing end open for ever, to a thread that nobody can wait for: the number of a
    // closed one could become another file's.
    void give_away_writing_end() { ends_[1] = -1; }
    // Lines until the writing end is closed, or until one of them is `last`.
    std::vector<std::string> lines(const std::string& last = "") {
        std::vector<std::string> out;
        std::string line;
        for (char c = 0; ::read(ends_[0], &c, 1) == 1;) {
            if (c != '\n') {
                line += c;
                continue;
            }
            out.push_back(std::exchange(line, ""));
            if (!last.empty() && out.back() == last) break;
        }
        return out;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

// Has the queue's thread hang in the write of a line that is longer than the pipe, and nothing
// else.
void stick(LineQueue& queue, const Pipe& pipe) {
    const int bytes = ::fcntl(pipe.in(), F_SETPIPE_SZ, 4096);
    queue.add(Worth::kTrouble, std::string(static_cast<size_t>(bytes) + 1000, 's'));
    for (int there = 0; there < bytes; std::this_thread::yield())
        ASSERT_EQ(::ioctl(pipe.in(), FIONREAD, &there), 0);
}

// Adds lines until one finds no room; returns how many found some.
uint64_t fill(LineQueue& queue, Worth worth) {
    uint64_t added = 0;
    for (const uint64_t before = queue.lost(); queue.lost() == before; ++added)
        queue.add(worth, std::string(100, 'x'));
    return added - 1;
}

TEST(LineQueueTest, WritesAtOnceWhereNoThreadDoes) {
    Pipe pipe;
    LineQueue queue(pipe.in(), kRoom, say);
    queue.add(Worth::kAccess, "one");
    EXPECT_EQ(pipe.lines("one"), std::vector<std::string>{"one"});
}

TEST(LineQueueTest, KeepsTheOrderAndWritesAllAtTheEnd) {
    Pipe pipe;
    LineQueue queue(pipe.in(), 1 << 20, say);
    queue.start();
    std::vector<std::string> expected;
    std::vector<std::string> got;
    std::thread reader([&] { got = pipe.lines(); });
    for (int i = 0; i < 5000; ++i) {
        expected.push_back("line " + std::to_string(i) + std::string(i % 97 == 0 ? 9000 : 0, 'y'));
        queue.add(Worth::kNotice, expected.back());
    }
    queue.stop(kLong);
    pipe.close_end(1);
    reader.join();
    EXPECT_EQ(got, expected);
    EXPECT_EQ(queue.lost(), 0U);
}

TEST(LineQueueTest, NobodyWaitsForAPipeThatIsNotReadAndTroubleKeepsItsPlace) {
    Pipe pipe;
    LineQueue queue(pipe.in(), kRoom, say);
    queue.start();
    stick(queue, pipe);
    const uint64_t accepted = fill(queue, Worth::kAccess);
    queue.add(Worth::kNotice, "notice");
    EXPECT_EQ(queue.lost(), 1U);
    fill(queue, Worth::kNotice);
    queue.add(Worth::kTrouble, "trouble");
    EXPECT_EQ(queue.lost(), 2U);
    // What was lost is said behind the lines that were there before.
    std::vector<std::string> got = pipe.lines("lost 2");
    ASSERT_GT(got.size(), accepted + 1);
    EXPECT_EQ(got.at(accepted + 1), "notice");
    EXPECT_EQ(got.at(got.size() - 2), "trouble");
    queue.add(Worth::kAccess, "flows again");
    EXPECT_EQ(pipe.lines("flows again").size(), 1U);
    queue.stop(kLong);
}

TEST(LineQueueTest, TheEndWaitsForItsPatienceAlone) {
    // The thread that is left behind finds the pipe closed.
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    LineQueue queue(pipe.in(), kRoom, say);
    queue.start();
    stick(queue, pipe);
    EXPECT_LE(fill(queue, Worth::kTrouble), kRoom / 101);
    const auto begun = std::chrono::steady_clock::now();
    queue.stop(milliseconds(20));
    pipe.give_away_writing_end();
    queue.add(Worth::kTrouble, "too late");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kLong);
    EXPECT_EQ(queue.lost(), 2U);
}

TEST(LineQueueTest, LinesThatCannotBeWrittenAreCountedAndSaidOnceTheyCan) {
    Pipe pipe;
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    LineQueue queue(full, kRoom, say);
    queue.add(Worth::kTrouble, "a");
    queue.start();
    queue.add(Worth::kTrouble, "b");
    while (queue.lost() < 2) std::this_thread::yield();
    ASSERT_EQ(::dup3(pipe.in(), full, O_CLOEXEC), full);
    queue.add(Worth::kTrouble, "c");
    queue.stop(kLong);
    EXPECT_EQ(pipe.lines("lost 2"), (std::vector<std::string>{"c", "lost 2"}));
    ::close(full);
}

}  // namespace
}  // namespace snapgate::base

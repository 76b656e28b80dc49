#include "base/background_thread.h"

#include <gtest/gtest.h>

#include <atomic>

namespace snapgate::base {
namespace {

TEST(BackgroundThread, EndsInTheMiddleOfAWait) {
    std::atomic<bool> begun = false;
    std::atomic<int> ended = 0;
    {
        BackgroundThread thread;
        thread.start([&] {
            EXPECT_TRUE(thread.pause(Millis(0)));
            begun = true;
            begun.notify_all();
            // Nobody waits for an hour to be over.
            EXPECT_FALSE(thread.pause(Millis(3'600'000)));
            EXPECT_TRUE(thread.stopping());
            ++ended;
        });
        begun.wait(false);
        thread.stop();
        thread.stop();
        EXPECT_EQ(ended, 1);
    }
    BackgroundThread never_started;
    never_started.stop();
    EXPECT_FALSE(never_started.pause(Millis(0)));
}

TEST(BackgroundThread, AWakeEndsAWaitAlsoIfItCameBefore) {
    std::atomic<int> rounds = 0;
    BackgroundThread thread;
    thread.wake();
    thread.start([&] {
        while (thread.wait_for_wake()) {
            ++rounds;
            rounds.notify_all();
        }
    });
    rounds.wait(0);
    thread.wake();
    rounds.wait(1);
    EXPECT_EQ(rounds, 2);
    thread.stop();
    EXPECT_EQ(rounds, 2);
}

TEST(BackgroundThread, AWakeDoesNotShortenAPause) {
    BackgroundThread thread;
    thread.wake();
    const auto until = std::chrono::steady_clock::now() + Millis(20);
    EXPECT_TRUE(thread.wait_until(until));
    EXPECT_GE(std::chrono::steady_clock::now(), until);
    EXPECT_TRUE(thread.wait_for_wake());
    EXPECT_TRUE(thread.wait_for_wake(until)) << "the time is over";
}

}  // namespace
}  // namespace snapgate::base

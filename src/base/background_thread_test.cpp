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

}  // namespace
}  // namespace snapgate::base

#include "base/raise.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace snapgate::base {
namespace {

TEST(RaiseTest, ItOnlyGrows) {
    std::atomic<int64_t> number = 5;
    raise(number, int64_t{3});
    EXPECT_EQ(number, 5);
    raise(number, int64_t{5});
    EXPECT_EQ(number, 5);
    raise(number, int64_t{9});
    EXPECT_EQ(number, 9);
}

TEST(RaiseTest, NoThreadTakesBackWhatAnotherHasSet) {
    constexpr int64_t kThreads = 4;
    constexpr int64_t kEach = 50'000;
    std::atomic<int64_t> number = 0;
    std::atomic<bool> went_back = false;
    std::vector<std::thread> threads;
    for (int64_t first = 1; first <= kThreads; ++first) {
        threads.emplace_back([&number, &went_back, first] {
            for (int64_t own = first; own <= kThreads * kEach; own += kThreads) {
                raise(number, own);
                if (number < own) went_back = true;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(went_back);
    EXPECT_EQ(number, kThreads * kEach);
}

}  // namespace
}  // namespace snapgate::base

#include "net/at_once.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>
#include <vector>

namespace snapgate::net {
namespace {

struct Counts {
    size_t under_way = 0;
    size_t most = 0;
    std::vector<size_t> done;
};

// The lint wants references of coroutines named: the test outlives them all.
Awaitable<void> count_one(Counts* counts, size_t index) {
    counts->most = std::max(counts->most, ++counts->under_way);
    co_await pause(std::chrono::milliseconds(1 + index % 3));
    --counts->under_way;
    counts->done.push_back(index);
    if (index == 3) throw std::runtime_error("three");
}

// Runs tasks to their end and returns what was thrown.
std::exception_ptr run(size_t count, size_t most, Counts& counts) {
    boost::asio::io_context context;
    std::exception_ptr thrown;
    boost::asio::co_spawn(
        context,
        do_at_once(count, most, [&counts](size_t index) { return count_one(&counts, index); }),
        [&thrown](const std::exception_ptr& failure) { thrown = failure; });
    context.run();
    return thrown;
}

TEST(AtOnce, DoesEachAndNoMoreThanAllowedAtATime) {
    Counts counts;
    EXPECT_EQ(run(3, 2, counts), nullptr);
    EXPECT_EQ(counts.most, 2U);
    EXPECT_EQ(counts.done.size(), 3U);
}

TEST(AtOnce, ATaskThatThrowsEndsNoOther) {
    Counts counts;
    EXPECT_NE(run(20, 20, counts), nullptr);
    EXPECT_EQ(counts.done.size(), 20U);
}

TEST(AtOnce, NothingIsDoneAtOnce) {
    Counts counts;
    EXPECT_EQ(run(0, 5, counts), nullptr);
    EXPECT_TRUE(counts.done.empty());
}

}  // namespace
}  // namespace snapgate::net

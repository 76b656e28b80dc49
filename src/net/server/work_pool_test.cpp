#include "net/server/work_pool.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "net/event_loop.h"

namespace snapgate::net {
namespace {

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): the loop keeps each until it
// has ended.

TEST(WorkPoolTest, WorksElsewhereAndGoesOnOnTheCallersThread) {
    EventLoop loop;
    WorkPool pool(1);
    std::promise<bool> ended;
    loop.start([&]() -> Awaitable<void> {
        const std::thread::id here = std::this_thread::get_id();
        std::thread::id there;
        std::function<void()> work = [&] { there = std::this_thread::get_id(); };
        co_await pool.run(nullptr, std::move(work));
        ended.set_value(here == std::this_thread::get_id() && there != here &&
                        there != std::thread::id());
    });
    EXPECT_TRUE(ended.get_future().get());
}

TEST(WorkPoolTest, ThrowsToTheCaller) {
    EventLoop loop;
    WorkPool pool(1);
    std::promise<std::string> told;
    loop.start([&]() -> Awaitable<void> {
        std::string what;
        try {
            std::function<void()> work = [] { throw std::runtime_error("broken"); };
            co_await pool.run(nullptr, std::move(work));
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        told.set_value(what);
    });
    EXPECT_EQ(told.get_future().get(), "broken");
}

TEST(WorkPoolTest, OwnersTakeTurns) {
    EventLoop loop;
    WorkPool pool(1);
    std::promise<void> begun;
    std::promise<void> go_on;
    std::future<void> may_go_on = go_on.get_future();
    std::promise<std::string> ended;
    std::string order;  // of the pool's one thread alone
    const int many = 0;
    const int few = 0;
    const auto begin = [&](WorkPool::Owner owner, std::function<void()> work) {
        loop.start([&pool, owner, work = std::move(work)]() -> Awaitable<void> {
            std::function<void()> one = work;
            co_await pool.run(owner, std::move(one));
        });
    };
    begin(&many, [&] {
        begun.set_value();
        may_go_on.wait();
    });
    begun.get_future().wait();
    for (const char letter : {'1', '2', '3'}) begin(&many, [&order, letter] { order += letter; });
    begin(&few, [&] { order += 'a'; });
    begin(&few, [&] { order += 'b'; });
    // The loop's one thread has handed all of that to the pool before it begins this.
    loop.start([&]() -> Awaitable<void> {
        go_on.set_value();
        std::function<void()> last = [&] { ended.set_value(order); };
        co_await pool.run(&many, std::move(last));
    });
    EXPECT_EQ(ended.get_future().get(), "1a2b3");
}

TEST(WorkPoolTest, StopWaitsForWhatHasBegun) {
    EventLoop loop;
    WorkPool pool(1);
    std::promise<void> begun;
    std::promise<void> go_on;
    std::future<void> may_go_on = go_on.get_future();
    bool ended = false;
    loop.start([&]() -> Awaitable<void> {
        std::function<void()> work = [&] {
            begun.set_value();
            may_go_on.wait();
            ended = true;
        };
        co_await pool.run(nullptr, std::move(work));
    });
    begun.get_future().wait();
    std::thread stopper([&] { pool.stop(); });
    go_on.set_value();
    stopper.join();
    EXPECT_TRUE(ended);
}

// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

}  // namespace
}  // namespace snapgate::net

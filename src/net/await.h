#pragma once

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "net/awaitable.h"

namespace snapgate::net {

// Waits for an operation that reports through a callback, exactly once and from any thread; goes on
// on the caller's own executor. `start` is called at once, on the caller's thread.
template <class T>
Awaitable<T> await_callback(std::function<void(std::function<void(T)>)> start) {
    const boost::asio::use_awaitable_t<Executor> token;
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                                   void(T)>(
        [](auto handler, const auto& begin) {
            // std::function copies what it holds; a coroutine's handler cannot be copied.
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            auto executor = boost::asio::get_associated_executor(*shared);
            begin([shared, executor](T value) {
                boost::asio::post(executor, [shared, value = std::move(value)]() mutable {
                    std::move (*shared)(std::move(value));
                });
            });
        },
        token, std::move(start));
}

// Lets so much time pass, in which other connections of this thread go on.
inline Awaitable<void> pause(std::chrono::milliseconds duration) {
    const boost::asio::use_awaitable_t<Executor> token;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
        timer(co_await boost::asio::this_coro::executor, duration);
    co_await timer.async_wait(token);
}

// Waits until `met` says so, which is asked at once, then after a millisecond, and then twice as
// late each time, up to every `slowest`; false if that did not happen within `patience`. For what
// tells nobody that it has changed.
inline Awaitable<bool> wait_until(
    std::function<bool()> met, std::chrono::milliseconds patience,
    std::chrono::milliseconds slowest = std::chrono::milliseconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::chrono::milliseconds look{1};
    while (!met()) {
        if (std::chrono::steady_clock::now() >= deadline) co_return false;
        co_await pause(look);
        look = std::min(look * 2, slowest);
    }
    co_return true;
}

// Lets other connections of this thread go on.
inline Awaitable<void> yield() {
    const boost::asio::use_awaitable_t<Executor> token;
    co_await boost::asio::post(token);
}

}  // namespace snapgate::net

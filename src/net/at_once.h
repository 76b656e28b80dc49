#pragma once

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "net/await.h"
#include "net/awaitable.h"

namespace snapgate::net {

// Does a task for each index below `count`, at most `most` of them at once, all on the caller's
// thread, and goes on when the last has ended. A task that throws ends none of the others; the
// first exception is thrown at the end.
inline Awaitable<void> do_at_once(size_t count, size_t most,
                                  std::function<Awaitable<void>(size_t)> task) {
    struct State {
        size_t count;
        std::function<Awaitable<void>(size_t)> task;
        size_t next = 0;
        size_t workers = 0;
        std::exception_ptr failure = nullptr;

        static Awaitable<void> work(std::shared_ptr<State> state) {
            while (state->next < state->count) co_await state->task(state->next++);
        }
    };
    if (count == 0) co_return;
    const auto state = std::make_shared<State>(State{count, std::move(task)});
    const Executor executor = co_await boost::asio::this_coro::executor;
    std::function<void(std::function<void(bool)>)> begin =
        [&](const std::function<void(bool)>& done) {
            state->workers = std::min(count, std::max<size_t>(most, 1));
            for (size_t worker = state->workers; worker > 0; --worker) {
                boost::asio::co_spawn(executor, State::work(state),
                                      [state, done](const std::exception_ptr& failure) {
                                          if (!state->failure) state->failure = failure;
                                          if (--state->workers == 0) done(true);
                                      });
            }
        };
    co_await await_callback<bool>(std::move(begin));
    if (state->failure) std::rethrow_exception(state->failure);
}

}  // namespace snapgate::net

#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/annotations.h"
#include "net/awaitable.h"
#include "net/event_loop.h"

namespace snapgate::net {

// Waits as await_callback() does, but for at most `patience`: nullopt if there is no report by
// then. One that comes later is dropped, also when the caller's loop is gone by then.
template <class T>
Awaitable<std::optional<T>> await_callback_for(std::function<void(std::function<void(T)>)> start,
                                               std::chrono::milliseconds patience) {
    // Shared with the one who reports. The alarm is the coroutine's: it must not outlive its loop.
    struct Wait {
        base::Mutex mutex;
        Alarm* alarm SNAPGATE_GUARDED_BY(mutex) = nullptr;  // null once nobody waits any more
        std::optional<T> reported SNAPGATE_GUARDED_BY(mutex);

        void report(const std::shared_ptr<Wait>& self, const Executor& executor, T value) {
            const base::MutexLock lock(mutex);
            if (alarm == nullptr) return;
            reported = std::move(value);
            boost::asio::post(executor, [self] {
                const base::MutexLock relock(self->mutex);
                if (self->alarm != nullptr) self->alarm->ring();
            });
        }
        std::optional<T> take() {
            const base::MutexLock lock(mutex);
            return std::move(reported);
        }
        void set(Alarm* to) {
            const base::MutexLock lock(mutex);
            alarm = to;
        }
    };
    struct Leave {
        std::shared_ptr<Wait> wait;
        ~Leave() { wait->set(nullptr); }
    };
    const Executor executor = co_await boost::asio::this_coro::executor;
    auto wait = std::make_shared<Wait>();
    Alarm alarm(executor);
    const Leave leave{wait};
    wait->set(&alarm);
    start([wait, executor](T value) { wait->report(wait, executor, std::move(value)); });
    co_await alarm.wait(patience);
    co_return wait->take();
}

}  // namespace snapgate::net

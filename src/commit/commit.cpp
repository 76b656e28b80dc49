#include "commit/commit.h"

#include <optional>
#include <utility>

#include "base/annotations.h"
#include "net/await.h"

namespace snapgate::commit {

using base::Result;

// Between two threads: the writer reports the end, whether or not it is waited for yet.
struct Queued::State {
    using Resume = std::function<void(Result<void>)>;

    base::Mutex mutex;
    std::optional<Result<void>> result SNAPGATE_GUARDED_BY(mutex);
    Resume waiter SNAPGATE_GUARDED_BY(mutex);

    void finish(Result<void> outcome) {
        Resume resume;
        {
            const base::MutexLock lock(mutex);
            if (!waiter) {
                result = std::move(outcome);
                return;
            }
            resume = std::move(waiter);
        }
        resume(std::move(outcome));
    }

    void wait(Resume resume) {
        std::optional<Result<void>> outcome;
        {
            const base::MutexLock lock(mutex);
            if (!result) {
                waiter = std::move(resume);
                return;
            }
            outcome = std::move(result);
        }
        resume(std::move(*outcome));
    }
};

Queued::Queued(store::Store& store, store::Priority priority, store::WriteFunction function)
    : state_(std::make_shared<State>()) {
    store.write(priority, std::move(function),
                [state = state_](Result<void> result) { state->finish(std::move(result)); });
}

net::Awaitable<Result<void>> Queued::wait() {
    std::function<void(State::Resume)> start = [state = std::move(state_)](State::Resume resume) {
        state->wait(std::move(resume));
    };
    state_ = nullptr;
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

net::Awaitable<Result<void>> one(store::Store& store, store::Priority priority,
                                 store::WriteFunction function,
                                 std::function<Result<void>()> after) {
    std::function<void(std::function<void(Result<void>)>)> start =
        [&store, priority, function = std::move(function),
         after = std::move(after)](std::function<void(Result<void>)> done) mutable {
            store.write(priority, std::move(function),
                        [after = std::move(after), done = std::move(done)](Result<void> result) {
                            if (result && after) result = after();
                            done(std::move(result));
                        });
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

net::Awaitable<Result<void>> all(store::Store& store, store::Priority priority,
                                 std::vector<store::WriteFunction> functions) {
    std::vector<Queued> queued;
    queued.reserve(functions.size());
    for (store::WriteFunction& function : functions)
        queued.emplace_back(store, priority, std::move(function));
    Result<void> result;
    for (Queued& one : queued) {
        auto ended = co_await one.wait();
        if (result && !ended) result = std::move(ended);
    }
    co_return result;
}

net::Awaitable<Result<base::Millis>> caught_up(const store::Store& store) {
    std::function<void(store::CaughtUp)> start = [&store](const store::CaughtUp& done) {
        store.catch_up(done);
    };
    co_return co_await net::await_callback<Result<base::Millis>>(std::move(start));
}

}  // namespace snapgate::commit

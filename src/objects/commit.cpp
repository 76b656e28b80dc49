#include "objects/commit.h"

#include <functional>
#include <memory>
#include <utility>

#include "base/annotations.h"
#include "net/await.h"

namespace snapgate::objects {

using base::Result;

net::Awaitable<Result<void>> commit(store::Store& store, store::Priority priority,
                                    store::WriteFunction function) {
    std::function<void(std::function<void(Result<void>)>)> start =
        [&store, priority, function = std::move(function)](auto done) mutable {
            store.write(priority, std::move(function), std::move(done));
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

net::Awaitable<Result<void>> commit_all(store::Store& store, store::Priority priority,
                                        std::vector<store::WriteFunction> functions) {
    if (functions.empty()) co_return Result<void>();
    struct Pending {
        base::Mutex mutex;
        size_t left SNAPGATE_GUARDED_BY(mutex) = 0;
        Result<void> result SNAPGATE_GUARDED_BY(mutex);
    };
    auto pending = std::make_shared<Pending>();
    {
        const base::MutexLock lock(pending->mutex);
        pending->left = functions.size();
    }
    std::function<void(std::function<void(Result<void>)>)> start =
        [&store, priority, pending, functions = std::move(functions)](const auto& done) mutable {
            for (store::WriteFunction& function : functions) {
                store.write(priority, std::move(function), [pending, done](Result<void> one) {
                    Result<void> result;
                    {
                        const base::MutexLock lock(pending->mutex);
                        if (!one && pending->result) pending->result = std::move(one);
                        if (--pending->left > 0) return;
                        result = std::move(pending->result);
                    }
                    done(std::move(result));
                });
            }
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

}  // namespace snapgate::objects

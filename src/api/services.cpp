#include "api/services.h"

#include "net/await.h"

namespace snapgate::api {

using base::Result;

Result<void> Services::reload_registry() const {
    store::ReadView view = store.read();
    SNAPGATE_TRY(projects.reload(view));
    SNAPGATE_TRY(clusters.reload(view));
    return keys.reload(view);
}

net::Awaitable<Result<void>> commit(const Services& services, store::Priority priority,
                                    store::WriteFunction function) {
    std::function<void(std::function<void(Result<void>)>)> start =
        [&services, priority, &function](std::function<void(Result<void>)> done) {
            services.store.write(priority, std::move(function), std::move(done));
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

net::Awaitable<Result<void>> commit_registry(const Services& services,
                                             store::WriteFunction function) {
    std::function<void(std::function<void(Result<void>)>)> start =
        [&services, &function](std::function<void(Result<void>)> done) {
            // On the writer thread, so that tables are read in the order of the commits.
            auto reload_then = [&services, done = std::move(done)](Result<void> result) {
                if (result) result = services.reload_registry();
                done(std::move(result));
            };
            services.store.write(store::Priority::kRequest, std::move(function),
                                 std::move(reload_then));
        };
    co_return co_await net::await_callback<Result<void>>(std::move(start));
}

}  // namespace snapgate::api

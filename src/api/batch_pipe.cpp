#include "api/batch_pipe.h"

#include <functional>

#include "base/annotations.h"
#include "net/await.h"

namespace snapgate::api {

using base::Result;

// A batch between two threads: the writer reports its end, the reader may already wait for it or
// not.
struct BatchPipe::InFlight {
    std::shared_ptr<hosted::Import::Batch> batch;
    base::Mutex mutex;
    std::optional<Result<void>> result SNAPGATE_GUARDED_BY(mutex);
    std::function<void(Result<void>)> waiter SNAPGATE_GUARDED_BY(mutex);

    void finish(Result<void> outcome) {
        std::function<void(Result<void>)> resume;
        {
            base::MutexLock lock(mutex);
            if (waiter) {
                resume = std::move(waiter);
            } else {
                result = std::move(outcome);
                return;
            }
        }
        resume(std::move(outcome));
    }

    void wait(std::function<void(Result<void>)> resume) {
        std::optional<Result<void>> outcome;
        {
            base::MutexLock lock(mutex);
            if (!result) {
                waiter = std::move(resume);
                return;
            }
            outcome = std::move(result);
        }
        resume(std::move(*outcome));
    }
};

net::Awaitable<Result<void>> BatchPipe::put(std::shared_ptr<hosted::Import::Batch> batch) {
    SNAPGATE_CO_TRY(co_await drain());
    in_flight_ = std::make_shared<InFlight>();
    in_flight_->batch = std::move(batch);
    store_.write(store::Priority::kBatch, hosted::Import::function(in_flight_->batch),
                 [flight = in_flight_](Result<void> result) { flight->finish(std::move(result)); });
    co_return Result<void>{};
}

net::Awaitable<Result<void>> BatchPipe::drain() {
    if (in_flight_ == nullptr) co_return Result<void>{};
    auto flight = std::exchange(in_flight_, nullptr);
    std::function<void(std::function<void(Result<void>)>)> start =
        [flight](std::function<void(Result<void>)> resume) { flight->wait(std::move(resume)); };
    SNAPGATE_CO_TRY(co_await net::await_callback<Result<void>>(std::move(start)));
    import_.absorb(*flight->batch);
    co_return Result<void>{};
}

}  // namespace snapgate::api

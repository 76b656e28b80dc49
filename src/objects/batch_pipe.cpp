#include "objects/batch_pipe.h"

#include <utility>

namespace snapgate::objects {

using base::Result;

net::Awaitable<Result<void>> BatchPipe::put(std::shared_ptr<Import::Batch> batch) {
    SNAPGATE_CO_TRY(co_await drain());
    commit_ = commit::Queued(store_, store::Priority::kBatch, Import::function(batch));
    batch_ = std::move(batch);
    co_return Result<void>{};
}

net::Awaitable<Result<void>> BatchPipe::drain() {
    if (!commit_.queued()) co_return Result<void>{};
    const auto batch = std::exchange(batch_, nullptr);
    SNAPGATE_CO_TRY(co_await commit_.wait());
    import_.absorb(*batch);
    co_return Result<void>{};
}

}  // namespace snapgate::objects

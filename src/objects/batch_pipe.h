#pragma once

#include <memory>

#include "base/result.h"
#include "commit/commit.h"
#include "net/http/http.h"
#include "objects/import.h"
#include "store/store.h"

namespace snapgate::objects {

// Submits an import's batches in order, one at a time, and lets the reader go on with the next one
// meanwhile. drain() must be awaited before the import and the pipe go. Belongs to one coroutine.
class BatchPipe {
  public:
    BatchPipe(store::Store& store, Import& import) : store_(store), import_(import) {}

    // Waits for the batch before, takes in what it did, and submits this one.
    net::Awaitable<base::Result<void>> put(std::shared_ptr<Import::Batch> batch);
    // Waits for the batch on its way, if there is one.
    net::Awaitable<base::Result<void>> drain();

  private:
    store::Store& store_;
    Import& import_;
    // On its way.
    std::shared_ptr<Import::Batch> batch_;
    commit::Queued commit_;
};

}  // namespace snapgate::objects

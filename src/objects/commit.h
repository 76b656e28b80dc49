#pragma once

#include <vector>

#include "base/result.h"
#include "net/http/http.h"
#include "store/store.h"

namespace snapgate::objects {

// Commits a write and waits until it is on disk; the caller continues on its own executor. Returns
// the error of the write function, or of Store::write. The store must outlive the wait.
net::Awaitable<base::Result<void>> commit(store::Store& store, store::Priority priority,
                                          store::WriteFunction function);

// Queues several writes at once, which the writer may put into one commit, and waits for all of
// them; fails as the first that fails.
net::Awaitable<base::Result<void>> commit_all(store::Store& store, store::Priority priority,
                                              std::vector<store::WriteFunction> functions);

}  // namespace snapgate::objects

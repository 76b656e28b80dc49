#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/awaitable.h"
#include "store/store.h"

// How a coroutine writes to the store: it queues the write and goes on, on its own executor, once
// the write is on disk. The store itself knows threads and callbacks alone.
namespace snapgate::commit {

// A write that is queued at once and waited for later: the caller may go on meanwhile. The store
// must outlive the wait. Whatever the function refers to must outlive the write, whether or not
// somebody waits for it. Belongs to one coroutine.
class Queued {
  public:
    Queued() = default;  // of nothing
    Queued(store::Store& store, store::Priority priority, store::WriteFunction function);

    bool queued() const { return state_ != nullptr; }
    // Waits until the write is on disk; the caller continues on its own executor. Returns the error
    // of the write function, or of Store::write. Called once.
    net::Awaitable<base::Result<void>> wait();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// Commits one write and waits until it is on disk; the caller continues on its own executor.
// Returns the error of the write function, or of Store::write. The store must outlive the wait.
//
// `after` runs on the writer thread once the write is on disk, in the order of the commits, so it
// must be short. If it fails, so does the commit, though the write stays.
net::Awaitable<base::Result<void>> one(store::Store& store, store::Priority priority,
                                       store::WriteFunction function,
                                       std::function<base::Result<void>()> after = {});

// Queues several writes at once, which the writer may put into one commit, and waits for all of
// them; fails as the first that fails.
net::Awaitable<base::Result<void>> all(store::Store& store, store::Priority priority,
                                       std::vector<store::WriteFunction> functions);

// Waits until reads of the store see every write that was acknowledged anywhere before, and says
// how old they are (Store::catch_up). The store must outlive the wait.
net::Awaitable<base::Result<base::Millis>> caught_up(const store::Store& store);

}  // namespace snapgate::commit

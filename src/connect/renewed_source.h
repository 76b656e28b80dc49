#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "connect/connection.h"

namespace snapgate::connect {

// A connection, and for how long it is good without a new look.
struct RenewedConnection {
    Connection connection;
    std::chrono::steady_clock::time_point good_until;
};

// A connection that is renewed from time to time by work that blocks (files are read, a program is
// run): on a thread of its own, for all who wait at once. What fails keeps the last good one, as
// long as the cluster has not refused that, and is tried again after some seconds.
class RenewedConnectionSource : public ConnectionSource {
  public:
    // `refused`: what was given last is of no use. `stop` becomes true when nobody waits any more.
    using Renew =
        std::function<base::Result<RenewedConnection>(bool refused, const std::atomic<bool>& stop)>;

    explicit RenewedConnectionSource(Renew renew);
    ~RenewedConnectionSource() override;
    RenewedConnectionSource(const RenewedConnectionSource&) = delete;
    RenewedConnectionSource& operator=(const RenewedConnectionSource&) = delete;

    net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() override;
    bool refused() override;
    void stop() override { stop_ = true; }

  private:
    using Given = base::Result<std::shared_ptr<const Connection>>;
    using Waiter = std::function<void(Given)>;

    void ask(Waiter waiter);
    void renew(bool refused);
    Given take_in(base::Result<RenewedConnection> renewed) SNAPGATE_REQUIRES(mutex_);

    const Renew renew_;
    std::atomic<bool> stop_ = false;
    base::Mutex mutex_;
    std::shared_ptr<const Connection> last_ SNAPGATE_GUARDED_BY(mutex_);
    std::chrono::steady_clock::time_point good_until_ SNAPGATE_GUARDED_BY(mutex_);
    bool refused_ SNAPGATE_GUARDED_BY(mutex_) = false;
    bool running_ SNAPGATE_GUARDED_BY(mutex_) = false;
    std::vector<Waiter> waiters_ SNAPGATE_GUARDED_BY(mutex_);
    std::thread thread_ SNAPGATE_GUARDED_BY(mutex_);
};

}  // namespace snapgate::connect

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/annotations.h"
#include "base/result.h"
#include "connect/connection_source.h"

namespace snapgate::connect {

// A connection, and how long it is good before it must be renewed.
struct RenewedConnection {
    Connection connection;
    std::chrono::steady_clock::time_point good_until;
};

// A connection that is renewed from time to time by work that blocks (reading files, running a
// program). The work runs on a separate thread, once for all callers that wait. If it fails, the
// last good connection stays in use unless the cluster has refused it, and the work is tried again
// after some seconds.
class RenewedConnectionSource : public ConnectionSource {
  public:
    // `refused`: the cluster refused the last connection. `stop` becomes true when nobody waits any
    // more.
    using Renew =
        std::function<base::Result<RenewedConnection>(bool refused, const std::atomic<bool>& stop)>;

    RenewedConnectionSource(std::shared_ptr<const net::AddressRules> rules, Renew renew);
    ~RenewedConnectionSource() override;
    RenewedConnectionSource(const RenewedConnectionSource&) = delete;
    RenewedConnectionSource& operator=(const RenewedConnectionSource&) = delete;

    net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() override;
    bool refused() override;
    bool renews() const override { return true; }
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

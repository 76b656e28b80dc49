#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
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

// What a renewal is at, for the words of those who give up waiting for it. Any thread.
class RenewalStep {
  public:
    // "the program /bin/x", or "" for nothing that takes long.
    void set(std::string what) {
        const base::MutexLock lock(mutex_);
        what_ = std::move(what);
    }
    std::string text() const {
        const base::MutexLock lock(mutex_);
        return what_;
    }

  private:
    mutable base::Mutex mutex_;
    std::string what_ SNAPGATE_GUARDED_BY(mutex_);
};

// A connection that is renewed from time to time by work that blocks (reading files, running a
// program). The work runs on a separate thread, once for all callers that wait. If it fails, the
// last good connection stays in use unless the cluster has refused it, and the work is tried again
// after some seconds. So it does for a caller who has waited for ten seconds; if there is none,
// that is kUnauthorized with the reason CredentialsTimeout, while the work goes on for who asks
// next.
class RenewedConnectionSource : public ConnectionSource {
  public:
    // `refused`: the cluster refused the last connection. `stop` becomes true when nobody waits any
    // more.
    using Renew =
        std::function<base::Result<RenewedConnection>(bool refused, const std::atomic<bool>& stop)>;

    // `step`: what `renew` is at; null where it does not say. `patience`: of a caller.
    RenewedConnectionSource(std::shared_ptr<const net::AddressRules> rules, Renew renew,
                            std::shared_ptr<const RenewalStep> step = nullptr,
                            std::chrono::milliseconds patience = usual_patience());
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

    static std::chrono::milliseconds usual_patience();
    base::Error not_given() const;
    std::shared_ptr<const Connection> last_good();

    const Renew renew_;
    const std::shared_ptr<const RenewalStep> step_;
    const std::chrono::milliseconds patience_;
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

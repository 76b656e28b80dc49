#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "base/annotations.h"
#include "base/background_thread.h"
#include "etcd/codec.h"
#include "etcd/connection.h"
#include "etcd/lease.h"

namespace snapgate::etcd {

// A Lease whose thread sends a sign of life three times in its time.
class KeptLease : public Lease {
  public:
    static Result<std::unique_ptr<Lease>> grant(Client::Connection& connection,
                                                LeaseOptions options);

    KeptLease(Client::Connection& connection, Granted granted, Time asked,
              std::function<void()> lost);
    ~KeptLease() override { thread_.stop(); }

    int64_t id() const override { return granted_.id; }
    Time held_until() const override SNAPGATE_EXCLUDES(mutex_);
    Result<void> revoke() override;

  private:
    void keep_alive();
    // Sends one sign of life, and waits for the answer until the lease may be gone.
    Result<void> give_sign();
    void set_held_until(Time time) SNAPGATE_EXCLUDES(mutex_);

    Client::Connection& connection_;
    const Granted granted_;
    const std::function<void()> lost_;
    mutable base::Mutex mutex_;
    Time held_until_ SNAPGATE_GUARDED_BY(mutex_);
    base::BackgroundThread thread_;
};

}  // namespace snapgate::etcd

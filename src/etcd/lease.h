#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "etcd/error.h"

namespace snapgate::etcd {

struct LeaseOptions {
    // How long etcd keeps the lease, and the keys put with it, after the last sign of life. etcd
    // raises a time that is below its election timeout.
    std::chrono::seconds ttl{10};
    // Called once, on the lease's own thread, when the lease is lost: etcd says that it is gone, or
    // nobody answered until it may be gone. Not called after revoke(). It must not end the lease.
    // NOLINTNEXTLINE(readability-redundant-member-init): so that an initializer may leave it out
    std::function<void()> lost = {};
};

// A lease of etcd, made by Client::grant and kept alive until it is revoked, lost or destroyed. Any
// thread may call any function; the owner alone destroys it. The client outlives it.
class Lease {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // Stops the thread. The lease itself stays until its time is over; revoke() ends it at once.
    virtual ~Lease() = default;

    virtual int64_t id() const = 0;  // for Put::lease
    // Until when etcd keeps the lease for certain: counted from before the last sign of life was
    // sent. In the past once it is lost.
    virtual Time held_until() const = 0;
    bool held() const { return std::chrono::steady_clock::now() < held_until(); }

    // Gives the lease back, and with it the keys that were put with it. Without an error if it is
    // gone already.
    virtual Result<void> revoke() = 0;
};

}  // namespace snapgate::etcd

#pragma once

#include <memory>
#include <utility>

#include "base/annotations.h"
#include "base/result.h"
#include "connect/call_counts.h"
#include "connect/connection.h"
#include "net/awaitable.h"
#include "net/client/outbound.h"

namespace snapgate::connect {

struct ClusterTarget;

// Gives a reflector the connection to its cluster, each time it connects: a stored connection, or
// one whose token is renewed (from a file or a program). Any thread.
class ConnectionSource {
  public:
    // `rules`: the addresses that its connections may lead to; null for all.
    explicit ConnectionSource(std::shared_ptr<const net::AddressRules> rules)
        : rules_(std::move(rules)) {}
    virtual ~ConnectionSource() = default;
    ConnectionSource(const ConnectionSource&) = delete;
    ConnectionSource& operator=(const ConnectionSource&) = delete;

    const std::shared_ptr<const net::AddressRules>& rules() const { return rules_; }
    // kUnavailable, with the reason for people, if there is no connection now.
    virtual net::Awaitable<base::Result<std::shared_ptr<const Connection>>> current() = 0;
    // The cluster did not accept the credentials of current() (401): all that can be renewed is
    // renewed before the next connection. False if nothing can be renewed.
    virtual bool refused() = 0;
    // The target of a connection that current() gave. While the connection is the same, all callers
    // get one target, so that they share TLS's memory and tickets. kInvalidParameter as
    // OutboundTarget::make().
    base::Result<std::shared_ptr<const ClusterTarget>> target_of(
        const std::shared_ptr<const Connection>& connection);
    // The last of them; null before the first.
    std::shared_ptr<const ClusterTarget> last_target();
    // Whether its credentials are renewed without anybody's doing.
    virtual bool renews() const { return false; }
    // What the requests to the cluster came to, with whichever of its connections.
    CallCounts& calls() { return calls_; }
    // The process ends: callers that wait for current() get an answer soon.
    virtual void stop() {}

  private:
    const std::shared_ptr<const net::AddressRules> rules_;
    CallCounts calls_;
    base::Mutex target_mutex_;
    std::shared_ptr<const Connection> made_from_ SNAPGATE_GUARDED_BY(target_mutex_);
    std::shared_ptr<const ClusterTarget> target_ SNAPGATE_GUARDED_BY(target_mutex_);
};

}  // namespace snapgate::connect

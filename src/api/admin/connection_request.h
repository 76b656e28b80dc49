#pragma once

#include <chrono>

#include "api/call.h"
#include "cluster/connection_check.h"

namespace snapgate::api::admin {

// How long a look at a cluster may take.
inline constexpr std::chrono::seconds kCheckTime{10};

// A connection that was asked for, and what a look at it found.
struct CheckedConnection {
    cluster::Connection connection;
    cluster::ConnectionCheck check;
};

// Reads `kubeconfig` and `context` of a request and looks whether the cluster can be reached so.
// kInvalidBody for a kubeconfig that is not taken, kInvalid with the points as causes for one that
// must not be stored.
net::Awaitable<base::Result<CheckedConnection>> check_request(const Call& call,
                                                              const json::Object& body);

}  // namespace snapgate::api::admin

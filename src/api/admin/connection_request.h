#pragma once

#include <chrono>

#include "api/call.h"
#include "cluster/connection.h"
#include "cluster/connection_check.h"

namespace snapgate::api::admin {

// How long a look at a cluster may take.
inline constexpr std::chrono::seconds kCheckTime{10};

// A connection that was asked for, and what a look at it found.
struct CheckedConnection {
    cluster::Connection connection;
    cluster::ConnectionCheck check;
};

// The members `kubeconfig` and `context` of a request. kInvalidBody.
base::Result<cluster::Connection> read_connection(const json::Object& body);

// Looks whether the cluster can be reached so. kInvalidBody for a connection that cannot be one,
// kInvalid with the points as causes for one that must not be stored.
net::Awaitable<base::Result<CheckedConnection>> check_request(cluster::Connection connection);

}  // namespace snapgate::api::admin

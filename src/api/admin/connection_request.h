#pragma once

#include "api/call.h"
#include "connect/connection.h"
#include "connect/connection_check.h"
#include "connect/kubeconfig.h"

namespace snapgate::api::admin {

// A connection that was asked for, and what a look at it found.
struct CheckedConnection {
    connect::Connection connection;
    connect::ConnectionCheck check;
};

// The most bytes of a body with a kubeconfig, each of which may be escaped.
inline constexpr size_t kMaxConnectionBodyBytes = 2 * connect::kMaxKubeconfigBytes;

// The members `kubeconfig` and `context` of a request. kInvalidBody.
net::Awaitable<base::Result<connect::Connection>> read_connection(Call& call,
                                                                  const json::Object& body);

// Looks for at most ten seconds what is found at a cluster's connection; as check_connection().
net::Awaitable<base::Result<connect::ConnectionCheck>> look_at(
    const Call& call, connect::Connection connection,
    std::shared_ptr<const net::AddressRules> rules);

// Who connects the cluster that this call connects.
cluster::ConnectedBy connected_by(const Call& call);

// Looks whether the caller can reach the cluster by this connection. kInvalidBody for a connection
// that cannot be one, kInvalid with the points as causes for one that must not be stored.
net::Awaitable<base::Result<CheckedConnection>> check_request(const Call& call,
                                                              connect::Connection connection);

}  // namespace snapgate::api::admin

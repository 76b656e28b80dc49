#pragma once

#include "api/services.h"
#include "audit/action.h"
#include "base/result.h"
#include "connect/connection_check.h"
#include "json/value.h"

namespace snapgate::api::admin {

// A cluster as the routes show it: of a connected one, the state of its mirror, and nothing
// secret.
base::Result<json::Object> cluster_document(const Services& services,
                                            const cluster::Cluster& cluster,
                                            const store::ReadView& view);

// A cluster as the audit trail names it.
audit::Object cluster_object(const cluster::Cluster& cluster);

// What was looked at, point by point.
json::Array points_document(const connect::ConnectionCheck& check);

// Of each point with a warning what was found and what to do, as a line of text.
json::Array warnings_document(const connect::ConnectionCheck& check);

}  // namespace snapgate::api::admin

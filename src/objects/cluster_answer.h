#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cluster/registry.h"
#include "json/api_version.h"
#include "json/value.h"
#include "mirror/mirrors.h"
#include "model/types.h"
#include "net/client/client.h"

namespace snapgate::objects {

// What the answers of connected clusters mean for whoever asked through this server, on both sides
// of the API. None of what a cluster says but a Status' own message is ever shown.

// Of an answer that is no 2xx; with its Retry-After.
base::Error cluster_refused(const cluster::Cluster& cluster, const net::ClientResponse& answer);

// The error for a write that succeeded in the cluster but whose answer was lost
// (ClusterAnswer::lost): whoever takes it for a failure and asks again must know. kBadPeer.
base::Error answer_lost(const cluster::Cluster& cluster, const mirror::ClusterAnswer& answer);
// The same of a deletion, which a Status of success answers, as Kubernetes has it.
json::Object deletion_done(const cluster::Cluster& cluster, const mirror::ClusterAnswer& answer,
                           json::Object details);

// The message, for people, about an answer that is not a Kubernetes object. `kind` is what was
// asked for: a server without that kind answers a bare 404.
std::string bare_answer_message(const cluster::Cluster& cluster, unsigned status, model::Kind kind);

// When to come back, of an answer that says so; at least 1 and at most an hour.
std::optional<unsigned> retry_after_seconds(const net::ClientResponse& answer);

// Between versions of snapshot.kubevirt.io.
json::ApiVersionChange between_versions(std::string_view from, std::string_view to);

}  // namespace snapgate::objects
